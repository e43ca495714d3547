#include "client/client_auth.h"
#include "base/enc.h"
#include "base/mask.h"
#include "client/client.h"
#include "client/client_allow.h"
#include "client/client_document.h"
#include "client/proving.h"
#include "crypto/crypto.h"
#include "http/auth.h"

/* RFC 6749 section 2.3.1 encodes both parts, SDKs do not: our ids and secrets have no sign that differs. */
static enum err read_basic(struct ctx *c, const struct auth *auth, struct client_proof *out)
{
	str id, password;

	if (percent_parse(c->mem, auth->user, true, &id) != OK || !str_utf8(id) || str_has(id, '\0'))
		id = auth->user;
	if (percent_parse(c->mem, auth->password, true, &password) != OK)
		password = auth->password;
	*out = (struct client_proof){
		.client_id = str_has(auth->user, '%') ? id : auth->user,
		.method = CLIENT_AUTH_BASIC,
		.secret = secret_of(auth->password),
		.decoded = secret_of(password),
	};
	return OK;
}

static enum err read_header(struct ctx *c, struct client_proof *out)
{
	struct auth auth;
	enum err e = auth_parse(c->mem, c->req, &auth);

	*out = (struct client_proof){ .method = CLIENT_AUTH_NONE };
	if (e == OK && auth.scheme == AUTH_NONE)
		return OK;
	if (e == ERR_TOO_LARGE)
		return FAIL(c, TOO_LARGE, "the Authorization header");
	if (e != OK)
		return FAIL(c, CLIENT_METHOD, "the Authorization header cannot be read");
	if (auth.scheme != AUTH_BASIC)
		return FAIL(c, CLIENT_METHOD, "the Authorization header is not Basic");
	return read_basic(c, &auth, out);
}

/* RFC 7521 section 4.2: client_id may be left out, since the assertion says whose it is; when it is there it agrees. */
static enum err read_assertion(struct ctx *c, const struct client_body *body, struct client_proof *out)
{
	if (out->method == CLIENT_AUTH_BASIC || body->secret.len)
		return FAIL(c, CLIENT_METHOD, "client_assertion beside a secret");
	out->method = CLIENT_AUTH_ASSERTION;
	out->secret = body->assertion;
	TRY(client_assertion_read(c, body->assertion_type, out));
	if (body->client_id.n && !str_eq(body->client_id, out->client_id))
		return FAIL(c, CLIENT_ASSERTION, "sub of one client, client_id of another");
	c->actor.client_id = mask_copy(c->mem, str_sub(out->client_id, 0, 64));
	return OK;
}

static enum err nobody(struct ctx *c)
{
	enum err e = FAIL(c, CLIENT_METHOD, "no client_id");

	c->fail.say = S("The request does not say which client it is of: client_id is missing.");
	return e;
}

static enum err read_proof(struct ctx *c, const struct client_body *body, struct client_proof *out)
{
	TRY(read_header(c, out));
	/* who says to be asking; a client may have confused its id and its secret */
	c->actor.client_id =
	    mask_copy(c->mem, str_sub(out->client_id.n ? out->client_id : body->client_id, 0, 64));
	if (body->assertion.len || body->assertion_type.n)
		return read_assertion(c, body, out);
	if (out->method == CLIENT_AUTH_BASIC) {
		if (body->secret.len)
			return FAIL(c, CLIENT_METHOD, "Basic and client_secret together");
		if (body->client_id.n && !str_eq(body->client_id, out->client_id))
			return FAIL(c, CLIENT_METHOD, "Basic of one client, client_id of another");
		return OK;
	}
	if (body->client_id.n == 0)
		return nobody(c);
	out->client_id = body->client_id;
	if (body->secret.len) {
		out->method = CLIENT_AUTH_POST;
		out->secret = out->decoded = body->secret;
	}
	return OK;
}

static str method_name(enum client_method method)
{
	static const str names[] = { S_INIT("none"), S_INIT("client_secret_basic"),
		S_INIT("client_secret_post"), S_INIT("private_key_jwt") };

	return names[method];
}

/* Clients of the file and of operations never registered a method, so either way of showing the secret is theirs. */
static bool method_fits(const struct client *client, enum client_method method)
{
	if (client_verified(client) && client_has_secret(client))
		return method == CLIENT_AUTH_BASIC || method == CLIENT_AUTH_POST;
	return str_eq(client->auth_method, method_name(method));
}

static enum err unknown(struct ctx *c, const struct client_proof *proof)
{
	/* who shows a secret hears the same of a wrong id as of a wrong secret: ids cannot be tried out */
	if (proof->method == CLIENT_AUTH_ASSERTION)
		return FAIL(c, CLIENT_ASSERTION, "client_id %.*s is not known",
		    FMT(str_sub(proof->client_id, 0, 100)));
	if (proof->method != CLIENT_AUTH_NONE)
		return FAIL(
		    c, CLIENT_SECRET, "client_id %.*s is not known", FMT(str_sub(proof->client_id, 0, 100)));
	return FAIL(c, CLIENT_UNKNOWN, "client_id %.*s", FMT(str_sub(proof->client_id, 0, 100)));
}

/* In words that an unknown client would hear too, when something was shown that had to be guessed. */
static enum err wrong_method(struct ctx *c, const struct client_proof *proof, const struct client *client)
{
	enum err e = FAIL(c, CLIENT_METHOD, "%.*s, registered: %.*s", FMT(method_name(proof->method)),
	    FMT(client->auth_method));

	if (proof->method != CLIENT_AUTH_NONE)
		c->fail.say = str_of(err_row(ERR_CLIENT_SECRET)->words);
	else
		c->fail.say = S("This client has a secret or a key, and the request shows neither.");
	return e;
}

static enum err check(struct ctx *c, const struct client_proof *proof, const struct client *client)
{
	if (!method_fits(client, proof->method))
		return wrong_method(c, proof, client);
	if (proof->method == CLIENT_AUTH_NONE || proof->method == CLIENT_AUTH_ASSERTION)
		return OK;
	if (!client_secret_fits(c, client, proof->secret) && !client_secret_fits(c, client, proof->decoded))
		return FAIL(c, CLIENT_SECRET, "client %.*s", FMT(client_label(client)));
	return OK;
}

/* Found: is it who it says, and may it? */
static enum err admit(struct ctx *c, const struct client_proof *proof, const struct client *client)
{
	c->actor.client_id = client_label(client);
	TRY(check(c, proof, client));
	if (client->blocked)
		return FAIL(c, CLIENT_BLOCKED, "client %.*s", FMT(client_label(client)));
	return client_allowed(c, client)
	    ? OK
	    : FAIL(c, CLIENT_NOT_ALLOWED, "client %.*s", FMT(client_label(client)));
}

/*
 * A sealed id and a document tell all of their client but whether it was blocked, deleted, or its metadata replaced since
 * (RFC 7592): that only the store knows. Where the caller's own statement asks whether the client is alive, a secret needs
 * nothing else; keys may be others.
 */
static bool store_must_say(const struct proving *p, const struct client *client)
{
	return (client->origin == CLIENT_SEALED || client->origin == CLIENT_DOCUMENT) &&
	    (!p->later || p->proof.method == CLIENT_AUTH_ASSERTION);
}

/* On LOOP a client that only the store knows gives ERR_NOT_FOUND. */
static enum err authenticate(struct ctx *c, const struct proving *p, struct client *out)
{
	const struct client_proof *proof = &p->proof;
	bool store = c->lane == LANE_READ || c->lane == LANE_WRITE;
	enum err e = store ? client_find(c, proof->client_id, out) : client_open(c, proof->client_id, out);

	if (e == ERR_NOT_FOUND && !store)
		return e;
	if (e == ERR_NOT_FOUND)
		return unknown(c, proof);
	TRY(e);
	if (!store && store_must_say(p, out))
		return ERR_NOT_FOUND;
	return admit(c, proof, out);
}

static enum err go_on(struct ctx *c)
{
	struct proving *p = c->proving;

	return p->proof.method == CLIENT_AUTH_ASSERTION ? client_assertion_check(c) : p->then(c);
}

/* WRITE: a later refresh is checked against what the document says now, also when its host is down. */
static enum err renew(struct ctx *c)
{
	TRY(client_renew(c, c->proving->out));
	return go_on(c);
}

/*
 * FETCH. A mishap of the document's host does not end what was granted: the row stands in (RFC 5861's stale-if-error). Its
 * owner's word does: a document that is gone or broken is nobody's.
 */
static enum err find_outside(struct ctx *c)
{
	struct proving *p = c->proving;
	size_t headers = c->reply->header_count;
	enum err e = client_document_fetch(c, p->proof.client_id, p->out);

	if (client_document_outage(e) && p->remembered.row) {
		c->fail = (struct fail){ 0 };
		c->reply->header_count = headers;
		*p->out = p->remembered;
		e = OK;
	}
	TRY(e);
	p->out->row = p->remembered.row;
	p->out->blocked = p->remembered.blocked;
	TRY(admit(c, &p->proof, p->out));
	if (p->out->row && !client_same(c, p->out, &p->remembered))
		return NEED(c, LANE_WRITE, renew);
	return go_on(c);
}

/* READ: a client that only the store knows, or whose document is not at hand. */
static enum err find(struct ctx *c)
{
	struct proving *p = c->proving;
	str id = p->proof.client_id;

	if (client_documented(c, id) && client_open(c, id, p->out) == ERR_NOT_FOUND) {
		struct client_state_out state;
		enum err e = q_client_state(c->db, c->mem,
		    &(struct client_state_in){ c->site->tenant.id, sha256_str(c->mem, id) }, &state);
		if (e == OK && str_eq(state.status, S("deleted")))
			return unknown(c, &p->proof);
		if (e == OK)
			e = client_find(c, id, &p->remembered);
		if (e != OK && e != ERR_NOT_FOUND)
			return e;
		return NEED(c, LANE_FETCH, find_outside);
	}
	TRY(authenticate(c, p, p->out));
	return go_on(c);
}

enum err client_prove(
    struct ctx *c, const struct client_body *body, struct client *out, enum err (*then)(struct ctx *c))
{
	struct proving *p = NEW(c->mem, struct proving);

	*p = (struct proving){ .later = body->later, .out = out, .then = then };
	c->proving = p;
	TRY(read_proof(c, body, &p->proof));
	enum err e = authenticate(c, p, out);
	if (e == ERR_NOT_FOUND)
		return NEED(c, LANE_READ, find);
	TRY(e);
	return go_on(c);
}
