// What strangers try in clear they try over TLS too: the stories of attacks, the gateway and the management server once more,
// word for word, with the daemon's own TLS in between.
import { story } from './lib/story.mjs';
import { overTls } from './lib/again.mjs';

const AGAIN = ['10_attacks_http', '11_attacks_metadata', '12_attacks_authorize', '13_attacks_token', '14_attacks_register', '15_gateway',
  '16_management', '17_attacks_session'];

export default story('over TLS', (t) => overTls(t, AGAIN));
