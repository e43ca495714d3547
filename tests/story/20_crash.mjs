// OPS-06 kill -9 twenty times under load: what was acknowledged is there, no code is redeemed twice, no family forks.
import { story, assert, sleep } from './lib/story.mjs';
import { serve } from './lib/daemon.mjs';
import { Jar, register, authorize, tokens, refresh, post, mcp, initialize } from './lib/oauth.mjs';

const CB = 'https://client.example/cb';

export default story('crash', async (t) => {
  const d = await serve(t, {});
  const res = `${d.base}/mcp`;
  const jar = new Jar(d.base);
  await jar.signIn();
  const client = (await register(d.base)).json;
  const families = await Promise.all(Array.from({ length: 8 }, async () => ({ token: (await tokens(d.base, { jar, client })).refresh_token, old: [] })));
  const spent = [];
  const revoked = [];
  let rotations = 0;

  await t.test('twenty kills in the middle of the work lose nothing that was acknowledged', async () => {
    for (let round = 0; round < 20; round++) {
      let running = true;
      const rotate = async (f) => {
        while (running) {
          try {
            const r = await refresh(d.base, client.client_id, f.token);
            assert.equal(r.status, 200, `round ${round}: ${r.text}`);
            f.old.push(f.token);
            f.token = r.json.refresh_token;
            rotations++;
          } catch (e) {
            if (e.code === 'ERR_ASSERTION') throw e;
            return; // the daemon died under us: the old token is what we hold
          }
        }
      };
      const redeem = async () => {
        while (running) {
          try {
            const a = await authorize(jar, client.client_id);
            if (!a.code) return;
            const r = await post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier });
            if (r.status === 200) spent.push({ a, access: r.json.access_token });
            if (spent.length % 3 === 2) {
              const x = r.json;
              const v = await post(`${d.base}/revoke`, { client_id: client.client_id, token: x.refresh_token });
              if (v.status === 200) revoked.push(x);
            }
          } catch {
            return;
          }
        }
      };
      const work = Promise.all([...families.map(rotate), redeem()]);
      await sleep(120 + (round * 37) % 200);
      const dying = d.kill();
      running = false;
      await dying;
      await work;
      await d.start();
    }
    assert.ok(rotations > 100, `only ${rotations} rotations`);
  });
  await t.test('every family goes on with the newest token it was given', async () => {
    for (const f of families) {
      const r = await refresh(d.base, client.client_id, f.token);
      assert.equal(r.status, 200, r.text);
      f.last = r.json.refresh_token;
    }
  });
  await t.test('no code is redeemed a second time', async () => {
    assert.ok(spent.length > 0);
    for (const { a } of spent.slice(-20)) {
      const r = await post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier });
      assert.equal(r.json.error, 'invalid_grant', r.text);
    }
  });
  await t.test('every acknowledged revocation holds', async () => {
    assert.ok(revoked.length > 0);
    for (const x of revoked.slice(-30)) {
      assert.equal((await mcp(res, x.access_token, initialize)).status, 401);
      assert.equal((await refresh(d.base, client.client_id, x.refresh_token)).status, 400);
    }
  });
  await t.test('an old token of a family ends it, so no family ever forked', async () => {
    for (const f of families) {
      if (f.old.length < 2) continue;
      assert.equal((await refresh(d.base, client.client_id, f.old[0])).json.error, 'invalid_grant');
      assert.equal((await refresh(d.base, client.client_id, f.last)).json.error, 'invalid_grant');
    }
  });
});
