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
  const redeem = (a) => post(`${d.base}/token`, { grant_type: 'authorization_code', client_id: client.client_id, code: a.code, redirect_uri: CB, code_verifier: a.verifier });
  const over = (r) => assert.deepEqual([r.status, r.json.error], [400, 'invalid_grant'], r.text);

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
      const again = async () => {
        while (running) {
          try {
            const a = await authorize(jar, client.client_id);
            assert.ok(a.code, a.response.text);
            const r = await redeem(a);
            assert.equal(r.status, 200, r.text);
            spent.push(a);
            if (spent.length % 3 !== 2) continue;
            const v = await post(`${d.base}/revoke`, { client_id: client.client_id, token: r.json.refresh_token });
            assert.equal(v.status, 200, v.text);
            revoked.push(r.json);
          } catch (e) {
            if (e.code === 'ERR_ASSERTION') throw e;
            return;
          }
        }
      };
      const work = Promise.allSettled([...families.map(rotate), again()]);
      await sleep(120 + (round * 37) % 200);
      const dying = d.kill();
      running = false;
      await dying;
      for (const r of await work) if (r.status === 'rejected') throw r.reason;
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
    for (const a of spent.slice(-20)) over(await redeem(a));
  });
  await t.test('every acknowledged revocation holds', async () => {
    assert.ok(revoked.length > 0);
    for (const x of revoked.slice(-30)) {
      const r = await mcp(res, x.access_token, initialize);
      assert.equal(r.status, 401);
      assert.match(r.headers.get('www-authenticate'), /^Bearer error="invalid_token", .*"The access was taken back\./);
      over(await refresh(d.base, client.client_id, x.refresh_token));
    }
  });
  await t.test('an old token of a family ends it, so no family ever forked', async () => {
    for (const f of families) {
      assert.ok(f.old.length >= 2);
      over(await refresh(d.base, client.client_id, f.old[0]));
      over(await refresh(d.base, client.client_id, f.last));
    }
  });
});
