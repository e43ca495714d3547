#include "oauth/asked.h"
#include "client/client.h"
#include "client/client_allow.h"
#include "client/client_document.h"
#include "core/recorder.h"
#include "jose/dpop.h"
#include "model/resource.h"
#include "model/scope.h"
#include "oauth/id_token.h"

#define CHALLENGE 43       /* characters of base64url(SHA-256) */
#define LOGIN_HINT_MAX 254 /* an e-mail address (RFC 5321 section 4.5.3.1.3) */

enum err asked_who(struct ctx *c, struct asked *a)
{
	TRY(authorize_who_fill(c, &a->form, &a->who));
	a->ask.state = a->who.state;
	if (a->who.client_id.n == 0)
		return FAIL(c, CLIENT_UNKNOWN_PAGE, "no client_id was sent");
	return OK;
}

enum err asked_client(struct ctx *c, enum err (*again)(struct ctx *c), struct asked *a)
{
	enum err e = client_get(c, a->who.client_id, again, &a->ask.client);

	if (e == ERR_NOT_FOUND)
		return FAIL(c, CLIENT_UNKNOWN_PAGE, "client_id %.*s", FMT(str_sub(a->who.client_id, 0, 100)));
	TRY(e);
	c->actor.client_id = client_label(&a->ask.client); /* for whoever records what happened */
	if (a->ask.client.blocked)
		return FAIL(c, CLIENT_BLOCKED_PAGE, "%.*s", FMT(client_label(&a->ask.client)));
	if (!client_allowed(c, &a->ask.client))
		return FAIL(c, CLIENT_NOT_ALLOWED, "%.*s", FMT(client_label(&a->ask.client)));
	recorder_met(AWAIT_AUTHORIZE, recorder_key(a->ask.client.client_id));
	return OK;
}

/* OAuth 2.1 section 2.3.1: byte for byte, but for the port of http on loopback. */
static enum err check_redirect(struct ctx *c, struct asked *a)
{
	str registered = a->ask.client.redirect_uris, sent = a->who.redirect_uri, first, rest = registered;

	if (sent.n == 0) {
		if (!str_word(&rest, ' ', &first) || str_trim(rest).n)
			return FAIL(
			    c, REDIRECT_MISSING, "registered: %.*s", FMT(str_sub(registered, 0, 200)));
		sent = first;
	} else if (!redirect_among(registered, sent)) {
		return FAIL(c, REDIRECT_UNKNOWN, "got %.*s, registered: %.*s", FMT(str_sub(sent, 0, 150)),
		    FMT(str_sub(registered, 0, 200)));
	}
	a->ask.redirect_kind = redirect_kind(sent);
	a->ask.redirect_uri = sent;
	return OK;
}

static enum err read_params(struct ctx *c, struct asked *a)
{
	return authorize_params_fill(c, &a->form, &a->p);
}

/* OpenID Connect Core section 6: nothing is fetched, and there is one set of parameters (RFC 9101, 10.4). */
static enum err check_request(struct ctx *c, struct asked *a)
{
	if (a->who.request_uri.n)
		return FAIL(c, REQUEST_URI, "%.*s", FMT(str_sub(a->who.request_uri, 0, 100)));
	return a->p.request.n ? FAIL(c, REQUEST_OBJECT, "%zu bytes", a->p.request.n) : OK;
}

static enum err check_response(struct ctx *c, struct asked *a)
{
	if (!str_eq(a->p.response_type, S("code")))
		return FAIL(c, RESPONSE_TYPE, "response_type %.*s", FMT(a->p.response_type));
	if (a->p.response_mode.n && !str_eq(a->p.response_mode, S("query")))
		return FAIL(c, RESPONSE_MODE, "response_mode %.*s", FMT(a->p.response_mode));
	return OK;
}

static enum err check_grant(struct ctx *c, struct asked *a)
{
	if (!client_may(&a->ask.client, S("authorization_code")))
		return FAIL(c, CLIENT_GRANT_TYPE, "registered: %.*s", FMT(a->ask.client.grant_types));
	return OK;
}

static bool base64url(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];
		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
			ch == '-' || ch == '_'))
			return false;
	}
	return true;
}

/* OAuth 2.1 section 4.1.1: of every client, also one with a secret. No method would mean plain (RFC 7636). */
static enum err check_pkce(struct ctx *c, struct asked *a)
{
	if (a->p.code_challenge.n == 0)
		return FAIL(c, PKCE_MISSING, "no code_challenge");
	if (!str_eq(a->p.code_challenge_method, S("S256")))
		return FAIL(c, PKCE_METHOD, "code_challenge_method %.*s", FMT(a->p.code_challenge_method));
	if (a->p.code_challenge.n != CHALLENGE || !base64url(a->p.code_challenge))
		return FAIL(c, PKCE_MISSING, "a code_challenge of %zu characters", a->p.code_challenge.n);
	a->ask.challenge = a->p.code_challenge;
	return OK;
}

/*
 * An application that people only sign in with: what the operator allows it is about the person and of no MCP server. Others
 * that ask for openid may well want the only server there is: mcp-remote's last resort is "openid email profile".
 */
static bool only_person(const struct ctx *c, str limit, str scope)
{
	if (!str_list_has(limit, ' ', SCOPE_OPENID) || !str_list_has(scope, ' ', SCOPE_OPENID))
		return false;
	for (size_t i = 0; i < c->site->resource_count; i++)
		if (scope_meets(limit, c->site->resources[i].scopes))
			return false;
	return true;
}

static const struct resource *pick_resource(const struct ctx *c, str limit, str scope)
{
	if (only_person(c, limit, scope))
		return &c->site->self;
	const struct resource *r = resource_pick(c->site->resources, c->site->resource_count, scope);
	return !r && str_list_has(scope, ' ', SCOPE_OPENID) ? &c->site->self : r;
}

enum err asked_target(struct ctx *c, const struct client *client, const struct param_list *resources,
    str scope, const struct resource **resource, str *given)
{
	/*
	 * The registered scope of a dynamic client limits nothing: it is what the client knew before it asked, and
	 * step-up asks for more with the same id. What the operator wrote for a client does limit.
	 */
	str limit = client_verified(client) ? client->scope : (str){ NULL, 0 };

	TRY(params_resource(c, resources, resource));
	TRY(client_target(c, client, resource));
	if (!*resource)
		*resource = pick_resource(c, limit, scope);
	if (!*resource)
		return FAIL(c, RESOURCE_MISSING, "scope %.*s", FMT(str_sub(scope, 0, 200)));
	*given =
	    resource_scope_grant(c->mem, *resource, scope, limit, client_may(client, S("refresh_token")));
	if (*resource == &c->site->self)
		return str_list_has(*given, ' ', SCOPE_OPENID)
		    ? OK
		    : FAIL(c, SCOPE_UNKNOWN, "the issuer as the resource, and scope %.*s",
			  FMT(str_sub(scope, 0, 200)));
	if (limit.n && !scope_meets(*given, (*resource)->scopes))
		return FAIL(c, SCOPE_UNKNOWN, "the client is limited to %.*s", FMT(str_sub(limit, 0, 200)));
	return OK;
}

static enum err check_target(struct ctx *c, struct asked *a)
{
	a->ask.nonce = a->p.nonce;
	return asked_target(c, &a->ask.client, &a->p.resource, a->p.scope, &a->ask.resource, &a->ask.scope);
}

/* A list (copilot sends "consent select_account"); words we do not know are ignored. */
static enum err check_prompt(struct ctx *c, struct asked *a)
{
	struct ask *q = &a->ask;
	str p = a->p.prompt;

	q->none = str_list_has(p, ' ', S("none"));
	q->login = str_list_has(p, ' ', S("login"));
	q->select = str_list_has(p, ' ', S("select_account"));
	q->consent = str_list_has(p, ' ', S("consent"));
	if (q->none && (q->login || q->select || q->consent))
		return FAIL(c, PARAM_VALUE, "prompt %.*s: none stands alone", FMT(p));
	q->max_age = -1;
	if (a->p.max_age.n && (!str_int(a->p.max_age, &q->max_age) || q->max_age < 0))
		return FAIL(c, PARAM_VALUE, "max_age %.*s", FMT(a->p.max_age));
	/* OpenID Connect Core section 3.1.2.1: as prompt=login, also within the same second */
	if (q->max_age == 0) {
		q->login = true;
		q->max_age = -1;
	}
	return OK;
}

/* Whom the client thinks to be signed in. What is no id token of ours hints at nobody, and one of another client is no hint. */
static enum err check_hints(struct ctx *c, struct asked *a)
{
	struct id_hint hint;

	if (a->p.login_hint.n <= LOGIN_HINT_MAX && str_within(a->p.login_hint, 0x21, 0x7e))
		a->ask.login_hint = a->p.login_hint;
	if (a->p.id_token_hint.n == 0)
		return OK;
	if (!id_token_read(c, a->p.id_token_hint, &hint))
		a->ask.hint = HINT_UNKNOWN;
	else
		a->ask.hint = str_eq(hint.client_id, a->ask.client.client_id) ? hint.user : HINT_OTHER;
	return OK;
}

/* RFC 9449 section 10: the code is bound to a key before there is one, and only its holder can redeem it. */
static enum err check_key(struct ctx *c, struct asked *a)
{
	a->ask.jkt = a->p.dpop_jkt;
	if (a->ask.jkt.n && !jkt_ok(a->ask.jkt))
		return FAIL(c, PARAM_VALUE, "a dpop_jkt of %zu characters", a->ask.jkt.n);
	return OK;
}

/* RFC 9126 section 6 */
static enum err check_pushed(struct ctx *c, struct asked *a)
{
	if (a->ask.client.par && !a->pushing)
		return FAIL(c, PAR_REQUIRED, "no request_uri of ours");
	return OK;
}

static const struct {
	const char *name;
	enum err (*fn)(struct ctx *c, struct asked *a);
} rules[] = {
	{ "check_redirect", check_redirect }, /* from here on the client hears of errors */
	{ "read_params", read_params },
	{ "check_request", check_request },
	{ "check_pushed", check_pushed },
	{ "check_response", check_response },
	{ "check_grant", check_grant },
	{ "check_pkce", check_pkce },
	{ "check_target", check_target },
	{ "check_prompt", check_prompt },
	{ "check_hints", check_hints },
	{ "check_key", check_key },
};

enum err asked_check(struct ctx *c, struct asked *a)
{
	a->ask.begun = c->now;
	for (size_t i = 0; i < COUNT(rules); i++)
		TRY(rules[i].fn(c, a));
	return OK;
}
