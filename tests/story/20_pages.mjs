// The pages as they look: every golden page in Chromium, in light and dark, on a phone and on a desk.
import { story, assert } from './lib/story.mjs';
import { chrome } from './lib/browser.mjs';
import { lookAtPages } from '../browser/pages.mjs';

export default story('pages', async (t) => {
  await t.test('nothing is blocked, too wide, too faint, too small or without a label', async () => {
    const { found, pages } = await lookAtPages(await chrome());
    assert.deepEqual(found, []);
    assert.ok(pages > 30);
  });
});
