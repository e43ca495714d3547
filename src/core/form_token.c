#include "base/enc.h"
#include "core/ctx.h"
#include "crypto/crypto.h"

/* Bound to the browser and to the session, so that a token from before the sign-in is void after it. */
str form_token(struct ctx *c)
{
	unsigned char mac[SHA256_SIZE];
	struct buf b = BUF(c->mem);

	buf_put(&b, S("form|"));
	buf_put(&b, (str){ (const char *)c->browser.bytes, c->browser.len });
	buf_char(&b, '|');
	buf_int(&b, c->actor.session);
	hmac_sha256(c->site->key_form, buf_str(&b), mac);
	return b64url_write(c->mem, (str){ (const char *)mac, sizeof mac });
}

bool form_token_fits(struct ctx *c)
{
	return secret_eq(secret_of(form_get(&c->form, S("csrf"))), secret_of(form_token(c)));
}
