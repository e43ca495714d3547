/* /revoke (RFC 7009): a client gives up what it was given. */
#include "base/id.h"
#include "client/client.h"
#include "client/client_auth.h"
#include "crypto/crypto.h"
#include "jose/jwt.h"
#include "oauth/handlers.h"
#include "oauth/params.h"
#include "oauth/refresh.h"
#include "sql_gen.h"
#include "store/grant_end.h"

struct job {
	struct revoke_params p;
	struct client client;
	int64_t grant;
};

/* RFC 7009 section 2.2: 200 for what is not known, or no longer, or somebody else's: no oracle. */
static enum err reply(struct ctx *c)
{
	return reply_json(c, 200, S("{}"));
}

/* WRITE */
static enum err end(struct ctx *c)
{
	struct job *job = c->state;
	struct grant_state_out g;
	enum err e =
	    q_grant_state(c->db, c->mem, &(struct grant_state_in){ job->grant, c->site->tenant.id }, &g);
	str client = sha256_str(c->mem, job->client.client_id);

	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	/* section 2.1: a client takes back what was given to itself */
	if (e == OK && secret_eq(secret_of(g.client_hash), secret_of(client)))
		TRY(grant_end(c, job->grant, S("application")));
	return NEED(c, LANE_LOOP, reply);
}

/*
 * VERIFY. Signed by us and given to this client; also when it has expired, since its grant has not. What the client got for
 * somebody else's token (RFC 8693) is of that one's grant, which is not this client's to end: then nothing is said to be done
 * (section 2.2.1).
 */
static enum err read_access(struct ctx *c)
{
	struct job *job = c->state;
	str text = { (const char *)job->p.token.bytes, job->p.token.len }, part, signature;
	struct jwt t;

	if (jwt_parse(c->mem, text, &t, &part, &signature) != OK)
		return reply(c);
	struct jwt_expect want = { .typ = S("at+jwt"), .issuer = c->site->tenant.issuer };
	want.now = t.exp > 0 && t.exp <= c->now ? t.exp - 1 : c->now;
	if (jwt_check(&t, part, signature, c->site->keys, &want) != OK ||
	    !str_eq(json_get_str(t.claims, S("client_id")), job->client.client_id) ||
	    id_parse(json_get_str(t.claims, S("gid")), ID_GRANT, &job->grant) != OK)
		return reply(c);
	if (json_get(t.claims, S("act")))
		return FAIL(c, REVOKE_KIND, "a token of %.*s, which acts for another client",
		    FMT(client_label(&job->client)));
	return NEED(c, LANE_WRITE, end);
}

/* The hint of section 2.1 helps those who keep two tables; our tokens say what they are. */
static enum err read_token(struct ctx *c)
{
	struct job *job = c->state;
	struct refresh r;

	if (job->p.token.len == 0)
		return params_fail(c, ERR_PARAM_MISSING, S("token"));
	if (refresh_parse(c->mem, c->site->key_refresh, job->p.token, &r) == OK) {
		job->grant = r.grant;
		return NEED(c, LANE_WRITE, end);
	}
	str text = { (const char *)job->p.token.bytes, job->p.token.len };
	if (str_has(text, '.'))
		return NEED(c, LANE_VERIFY, read_access);
	return reply(c);
}

enum err revoke_start(struct ctx *c)
{
	struct job *job = NEW(c->mem, struct job);
	struct form form;

	c->state = job;
	TRY(params_body(c, &form));
	TRY(revoke_params_fill(c, &form, &job->p));
	struct client_body body = { job->p.client_id, job->p.client_secret, job->p.client_assertion,
		job->p.client_assertion_type };
	return client_prove(c, &body, &job->client, read_token);
}
