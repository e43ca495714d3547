#include "oauth/presented.h"
#include "jose/jwt.h"
#include "oauth/proof.h"

enum err presented_read(struct ctx *c, struct presented *out)
{
	struct auth auth;

	/* OAuth 2.1 section 5.1: a token in the query stands in logs; the name alone is looked for, encoded or not */
	if (form_get(&c->query, S("access_token")).p)
		return FAIL(c, TOKEN_IN_QUERY, "access_token in the query");
	if (auth_parse(c->mem, c->req, &auth) != OK)
		return FAIL(c, AUTH_MALFORMED, "an Authorization header of %zu bytes",
		    http_header(c->req, S("Authorization")).n);
	if (auth.scheme == AUTH_NONE)
		return FAIL(c, TOKEN_MISSING, "no Authorization header");
	if (auth.scheme != AUTH_BEARER && auth.scheme != AUTH_DPOP)
		return FAIL(c, TOKEN_SCHEME, "%s",
		    auth.scheme == AUTH_BASIC ? "Basic" : "another scheme than Bearer");
	if (auth.token.n > JWT_MAX)
		return FAIL(c, TOKEN_MALFORMED, "%zu bytes", auth.token.n);
	*out = (struct presented){ auth.scheme, auth.token };
	return OK;
}

enum err presented_scheme(struct ctx *c, const struct presented *p, str jkt)
{
	if (jkt.n && p->scheme == AUTH_BEARER)
		return FAIL(c, TOKEN_BOUND, "a token bound to a key, with the Bearer scheme");
	if (!jkt.n && p->scheme == AUTH_DPOP)
		return FAIL(c, TOKEN_UNBOUND, "a bearer token, with the DPoP scheme");
	return OK;
}

enum err presented_proof(struct ctx *c, const struct presented *p, str jkt, str url)
{
	return jkt.n ? proof_check_token(c, url, p->token, jkt) : OK;
}
