// The attack stories once more, asked in HTTP/2: what a guard says does not depend on how it was asked.
import { story } from './lib/story.mjs';
import { speak } from './lib/oauth.mjs';

const stories = ['11_attacks_metadata', '12_attacks_authorize', '13_attacks_token', '14_attacks_register', '15_gateway', '16_management', '17_attacks_session'];

export default story('over HTTP/2', async (t) => {
  const before = speak.http;
  speak.http = 2;
  t.defer(() => (speak.http = before));
  for (const file of stories) {
    const { default: told } = await import(`./${file}.mjs`);
    await told.tell({
      defer: (fn) => t.defer(fn),
      test: (sentence, fn) => t.test(`${told.title}: ${sentence}`, fn),
      skip: (sentence, reason) => t.skip(`${told.title}: ${sentence}`, reason),
    });
  }
});
