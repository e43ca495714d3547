#include "oauth/proof.h"
#include "base/enc.h"
#include "core/once.h"
#include "crypto/crypto.h"
#include "jose/dpop.h"

#define NONCE_SECONDS 150
#define NONCE_BYTES 16

/* How the two kinds of places refuse. */
struct place {
	enum err bad, again, nonce;
	struct once *seen;
	str url, token; /* token.p NULL: an endpoint */
};

/* --- nonces */

static str nonce_of(struct ctx *c, int64_t slot)
{
	unsigned char mac[SHA256_SIZE];
	struct buf b = BUF(c->mem);

	buf_put(&b, S("dpop|"));
	buf_int(&b, c->site->tenant.id);
	buf_char(&b, '|');
	buf_int(&b, slot);
	hmac_sha256(c->site->key_nonce, buf_str(&b), mac);
	return b64url_write(c->mem, (str){ (const char *)mac, NONCE_BYTES });
}

static bool nonce_is(struct ctx *c, str nonce, int64_t slot)
{
	return secret_eq(secret_of(nonce), secret_of(nonce_of(c, slot)));
}

/* RFC 9449 section 8: one that is sent has to be right, also where none is needed. */
static enum err check_nonce(struct ctx *c, const struct place *at, str nonce)
{
	int64_t slot = c->now / NONCE_SECONDS;

	if (nonce.n == 0 && !c->site->config->dpop_nonce)
		return OK;
	if (nonce_is(c, nonce, slot))
		return OK;
	/* section 8.2: the next one comes before the last one is refused */
	reply_header(c->reply, S("DPoP-Nonce"), nonce_of(c, slot));
	if (nonce.n && nonce_is(c, nonce, slot - 1))
		return OK;
	return fail_set(c, at->nonce, __FILE__, __LINE__, "%s",
	    nonce.n ? "a nonce that is not ours, or too old" : "no nonce");
}

/* --- once */

/* By key, place and jti, each of which has an end of its own: the first has one length, the second no line end. */
static void name_of(
    struct ctx *c, const struct place *at, const struct dpop *d, unsigned char hash[SHA256_SIZE])
{
	struct buf b = BUF(c->mem);

	buf_put(&b, d->jkt);
	buf_put(&b, at->url);
	buf_char(&b, '\n');
	buf_put(&b, d->jti);
	sha256(buf_str(&b), hash);
}

static enum err check_once(struct ctx *c, const struct place *at, const struct dpop *d)
{
	unsigned char hash[SHA256_SIZE];

	if (!at->seen)
		return OK;
	name_of(c, at, d, hash);
	switch (once_take(at->seen, hash, d->iat, c->now)) {
	case ONCE_FIRST:
		return OK;
	case ONCE_AGAIN:
		return fail_set(c, at->again, __FILE__, __LINE__, "a jti that came before");
	case ONCE_FORGOTTEN:
		return fail_set(c, at->again, __FILE__, __LINE__,
		    "a proof of %lld s ago: so many came since that nobody knows whether it did",
		    (long long)(c->now - d->iat));
	case ONCE_FULL:
		break;
	}
	return fail_set(c, at->bad, __FILE__, __LINE__, "it is of the future, as too many others are");
}

/* --- both */

static enum err check(struct ctx *c, const struct place *at, struct dpop *d)
{
	size_t sent = http_header_count(c->req, S("DPoP"));
	struct dpop_expect want = { .method = c->req->method_text,
		.url = at->url,
		.token = at->token,
		.now = c->now,
		.window = DPOP_WINDOW,
		.keys = c->site->proof_keys };

	if (sent != 1) /* RFC 9449 section 4.3, 1 */
		return fail_set(c, at->bad, __FILE__, __LINE__, "%zu DPoP headers", sent);
	enum err e = dpop_check(c->mem, http_header(c->req, S("DPoP")), &want, d);
	if (e != OK)
		return fail_set(c, at->bad, __FILE__, __LINE__, "%s", d->why);
	return check_nonce(c, at, d->nonce);
}

bool proof_sent(const struct ctx *c)
{
	return http_header_count(c->req, S("DPoP")) > 0;
}

enum err proof_check(struct ctx *c, str *jkt)
{
	struct place at = {
		.bad = ERR_DPOP_PROOF,
		.again = ERR_DPOP_REPLAYED,
		.nonce = ERR_DPOP_NONCE,
		.seen = c->site->endpoint_proofs,
		.url = arena_printf(c->mem, "%.*s%.*s", FMT(c->site->tenant.issuer), FMT(c->req->path)),
	};
	struct dpop d;

	TRY(check(c, &at, &d));
	TRY(check_once(c, &at, &d));
	*jkt = d.jkt;
	return OK;
}

enum err proof_check_token(struct ctx *c, str url, str token, str jkt)
{
	struct place at = {
		.bad = ERR_TOKEN_PROOF,
		.again = ERR_TOKEN_PROOF_REPLAYED,
		.nonce = ERR_TOKEN_PROOF_NONCE,
		.seen = c->site->resource_proofs,
		.url = url,
		.token = token,
	};
	struct dpop d;

	TRY(check(c, &at, &d));
	if (!str_eq(d.jkt, jkt))
		return FAIL(c, TOKEN_PROOF_KEY, "a proof of the key %.*s, a token of %.*s", FMT(d.jkt),
		    FMT(str_sub(jkt, 0, JKT_SIZE)));
	/* last: only whoever holds a token and its key can fill the memory of what came */
	return check_once(c, &at, &d);
}
