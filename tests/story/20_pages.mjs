// The pages as they look: every golden page in Chromium, in light and dark, on a phone and on a desk.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { story, assert } from './lib/story.mjs';
import { chrome } from './lib/browser.mjs';
import { lookAtPages } from '../browser/pages.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const names = (dir) => readdirSync(join(root, dir)).map((f) => f.replace(/\.html$/, ''));

export default story('pages', async (t) => {
  const golden = names('tests/golden/pages');
  await t.test('there is a golden page of each template, and one full of what strangers write', () => {
    const templates = names('ui/pages');
    assert.ok(templates.includes('consent'));
    assert.deepEqual(templates.flatMap((name) => [name, `${name}.hostile`]).filter((name) => !golden.includes(name)), []);
  });
  await t.test('nothing is blocked, too wide, too faint, too small or without a label', async () => {
    const { found, pages } = await lookAtPages(await chrome());
    assert.deepEqual(found, []);
    assert.equal(pages, golden.length);
  });
});
