/* private_key_jwt (RFC 7523 section 2.2): a client signs who it is with a key that we know the public half of. */
#include "client/assertion_check.h"
#include "client/client.h"
#include "client/proving.h"
#include "client/replay.h"

#define TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define TTL 600 /* seconds ahead that exp may be: libraries write one to five minutes, some ten */

static str text_of(const struct client_proof *proof)
{
	return (str){ (const char *)proof->secret.bytes, proof->secret.len };
}

/* One answer for every reason, also that there is no such client: `gatehouse why` tells them apart. */
static enum err refuse(struct ctx *c, str why)
{
	const struct client *client = c->proving->out;

	return FAIL(c, CLIENT_ASSERTION, "client %.*s: %.*s", FMT(client_label(client)), FMT(why));
}

enum err client_assertion_read(struct ctx *c, str type, struct client_proof *proof)
{
	struct assertion a;

	if (!str_eq(type, S(TYPE)))
		return FAIL(c, CLIENT_ASSERTION, "client_assertion_type %.*s", FMT(str_sub(type, 0, 100)));
	if (proof->secret.len == 0)
		return FAIL(c, CLIENT_ASSERTION, "client_assertion_type without client_assertion");
	if (assertion_read(c->mem, text_of(proof), &a) != OK)
		return FAIL(c, CLIENT_ASSERTION, "%s", a.why);
	proof->client_id = a.subject;
	return OK;
}

/* --- verifying */

/* WRITE. What was proved once is not proved again (RFC 7523 section 3, rule 7). */
static enum err spend(struct ctx *c)
{
	struct proving *p = c->proving;
	bool fresh = false;

	TRY(replay_take(c, &p->assertion, &fresh));
	if (!fresh)
		return FAIL(c, CLIENT_REPLAYED, "client %.*s, jti %.*s", FMT(client_label(p->out)),
		    FMT(str_sub(p->assertion.jti, 0, 64)));
	return NEED(c, LANE_LOOP, p->then);
}

/* VERIFY */
static enum err believed(struct ctx *c)
{
	TRY(replay_room(c, c->proving->out));
	return NEED(c, LANE_WRITE, spend);
}

/*
 * RFC 7523 section 3, rule 3, in all the spellings that libraries use: the issuer, also with a slash, and the token endpoint,
 * also by the names that older documents gave it. Where something else is asked of us, its own address too (RFC 9126
 * section 2).
 */
static size_t our_names(struct ctx *c, str out[6])
{
	str issuer = c->site->tenant.issuer;

	out[0] = issuer;
	out[1] = arena_printf(c->mem, "%.*s/", FMT(issuer));
	out[2] = arena_printf(c->mem, "%.*s/token", FMT(issuer));
	out[3] = arena_printf(c->mem, "%.*s/oauth/token", FMT(issuer));
	out[4] = arena_printf(c->mem, "%.*s/oauth2/token", FMT(issuer));
	out[5] = arena_printf(c->mem, "%.*s%.*s", FMT(issuer), FMT(c->req->path));
	return 6;
}

enum err client_assertion_check(struct ctx *c)
{
	struct proving *p = c->proving;
	str *names = NEW_ARRAY(c->mem, str, 6);

	return assertion_check(c,
	    &(struct assertion_ask){
		.text = text_of(&p->proof),
		.jwks = p->out->jwks,
		.jwks_uri = p->out->jwks_uri,
		.want = { .typ = S("client-authentication+jwt"),
		    .issuer = p->out->client_id,
		    .subject = p->out->client_id,
		    .audience = names,
		    .audience_count = our_names(c, names),
		    .now = c->now,
		    .skew = ASSERTION_SKEW,
		    .ttl = TTL },
		.out = &p->assertion,
		.then = believed,
		.refuse = refuse,
	    });
}
