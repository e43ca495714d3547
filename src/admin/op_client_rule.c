/* The rules of what a client may be, for create_client and update_client. */
#include "admin/authorize.h"
#include "admin/op_client.h"
#include "base/text.h"
#include "base/url.h"
#include "client/client.h"
#include "client/client_keys.h"
#include "model/redirect.h"
#include "model/scope.h"

#define NAME_MAX_BYTES 1020 /* 255 characters of up to four bytes */

/* Scopes that no resource lists and every client may have: OpenID Connect's, and ours. */
#define COMMON_SCOPES S("openid profile email offline_access")

enum err op_client_bad(struct ctx *c, const char *path, const char *problem)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);
	enum err e = FAIL(c, OP_ARGUMENTS, "%s %s", path, problem);

	jout_array(&j, S(""));
	jout_object(&j, S(""));
	jout_strz(&j, S("path"), path);
	jout_strz(&j, S("problem"), problem);
	jout_end(&j);
	jout_end(&j);
	c->fail.say = arena_printf(c->mem, "The arguments do not fit: %s %s.", path, problem);
	c->fail.data = buf_str(&b);
	return e;
}

static bool is_machine(const struct client *client)
{
	return client_may(client, S("client_credentials"));
}

/* The list as words; false when one has a blank, which would be two. */
static bool read_words(struct ctx *c, const struct op_call *q, str name, str *out)
{
	struct buf b = BUF(c->mem);

	for (JSON_EACH(item, json_get(q->args, name))) {
		str word = json_str_of(item);
		if (!str_within(word, 0x21, 0x7e) || !word.n)
			return false;
		if (b.n)
			buf_char(&b, ' ');
		buf_put(&b, word);
	}
	*out = buf_str(&b);
	return !b.full;
}

static enum err fill_name(struct ctx *c, const struct op_call *q, struct client *client)
{
	if (!op_given(q, S("name")))
		return OK;
	client->name = op_text(q, S("name"));
	return text_name_ok(client->name, NAME_MAX_BYTES)
	    ? OK
	    : op_client_bad(c, "name", "must hold visible characters only");
}

static enum err fill_redirects(struct ctx *c, const struct op_call *q, struct client *client)
{
	bool sends = client_may(client, S("authorization_code"));
	str rest, uri;

	if (op_given(q, S("redirect_uris")) && !read_words(c, q, S("redirect_uris"), &client->redirect_uris))
		return op_client_bad(c, "redirect_uris", "must be addresses without blanks");
	if (sends != (client->redirect_uris.n > 0))
		return op_client_bad(c, "redirect_uris",
		    sends ? "must not be empty: people are sent back to one of them"
			  : "must be empty: nobody signs in to a backend service");
	rest = client->redirect_uris;
	while (str_word(&rest, ' ', &uri))
		if (redirect_kind(uri) == REDIRECT_BAD)
			return op_client_bad(c, "redirect_uris",
			    "must be https, http on localhost, 127.0.0.1 or [::1], or a private-use scheme "
			    "with a host, without fragment");
	client->native = redirect_native(client->redirect_uris);
	return OK;
}

static enum err fill_logout(struct ctx *c, const struct op_call *q, struct client *client)
{
	str rest, uri;

	if (!op_given(q, S("allowed_logout_uris")))
		return OK;
	if (!read_words(c, q, S("allowed_logout_uris"), &client->logout_uris))
		return op_client_bad(c, "allowed_logout_uris", "must be addresses without blanks");
	rest = client->logout_uris;
	while (str_word(&rest, ' ', &uri))
		if (redirect_kind(uri) == REDIRECT_BAD)
			return op_client_bad(
			    c, "allowed_logout_uris", "must be addresses that redirect_uris could have too");
	return OK;
}

static bool is_web(str address, bool loopback)
{
	struct url u;

	return url_parse(address, &u) == OK && u.host.n && !u.userinfo.p &&
	    (str_eq(u.scheme, S("https")) || (loopback && str_eq(u.scheme, S("http")) && url_loopback(&u)));
}

static enum err fill_homepage(struct ctx *c, const struct op_call *q, struct client *client)
{
	if (!op_given(q, S("homepage_url")))
		return OK;
	client->uri = op_text(q, S("homepage_url"));
	return !client->uri.n || is_web(client->uri, false)
	    ? OK
	    : op_client_bad(c, "homepage_url", "must be an https address");
}

static bool known_scope(const struct ctx *c, str scope)
{
	for (size_t i = 0; i < c->site->resource_count; i++)
		if (str_list_has(c->site->resources[i].scopes, ' ', scope))
			return true;
	return str_list_has(COMMON_SCOPES, ' ', scope);
}

static enum err fill_scopes(struct ctx *c, const struct op_call *q, struct client *client)
{
	str rest, scope;

	if (!op_given(q, S("scopes")))
		return OK;
	if (!read_words(c, q, S("scopes"), &client->scope))
		return op_client_bad(c, "scopes", "must be scopes without blanks");
	rest = client->scope;
	while (str_word(&rest, ' ', &scope))
		if (!text_scope_token(scope) || !known_scope(c, scope))
			return op_client_bad(
			    c, "scopes", "must be scopes of resources that are protected here");
	return OK;
}

/* Who guards a resource is told what its tokens say, so it has to prove who it is. */
static enum err fill_resources(struct ctx *c, const struct op_call *q, struct client *client)
{
	str rest, word;

	if (!op_given(q, S("resources")))
		return OK;
	if (!read_words(c, q, S("resources"), &client->guards))
		return op_client_bad(c, "resources", "must be addresses without blanks");
	if (client->guards.n && str_eq(client->auth_method, S("none")))
		return op_client_bad(c, "resources", "must be empty for a client without a secret");
	rest = client->guards;
	while (str_word(&rest, ' ', &word))
		if (!site_resource(c->site, word))
			return op_client_bad(c, "resources", "must be identifiers of list_resources");
	return OK;
}

static enum err fill_role(struct ctx *c, const struct op_call *q, struct client *client)
{
	if (op_given(q, S("role")) && !is_machine(client))
		return op_client_bad(
		    c, "role", "is for backend services: elsewhere the person's role counts");
	if (op_given(q, S("role")))
		client->role = op_text(q, S("role"));
	return OK;
}

/* As registrations are read: what has a private key in it is refused aloud, and what is kept is the public keys alone. */
static enum err fill_key_set(struct ctx *c, str text, struct client *client)
{
	const struct json *set = NULL;
	const char *why = NULL;

	if (json_parse(c->mem, text, &set, NULL) != OK)
		return op_client_bad(c, "jwks", "must be the text of a JSON key set with public keys");
	return client_keys_read(c->mem, set, &client->jwks, &why) == OK ? OK : op_client_bad(c, "jwks", why);
}

/* RFC 7591 section 2: keys, or where they are, never both; then there is no secret. */
static enum err fill_keys(struct ctx *c, const struct op_call *q, struct client *client)
{
	if (!op_given(q, S("jwks")) && !op_given(q, S("jwks_uri")))
		return OK;
	if (str_eq(client->auth_method, S("none")))
		return op_client_bad(c, "jwks", "is for clients that prove who they are: web and backend");
	if (op_given(q, S("jwks")) && op_given(q, S("jwks_uri")))
		return op_client_bad(c, "jwks", "and jwks_uri cannot both be given");
	client->jwks_uri = op_text(q, S("jwks_uri"));
	client->auth_method = S("private_key_jwt");
	if (op_given(q, S("jwks")))
		return fill_key_set(c, op_text(q, S("jwks")), client);
	return client_keys_uri_ok(client->jwks_uri)
	    ? OK
	    : op_client_bad(c, "jwks_uri", "must be an https address of at most 512 bytes, without fragment");
}

enum err op_client_fill(struct ctx *c, const struct op_call *q, struct client *client)
{
	TRY(fill_name(c, q, client));
	TRY(fill_keys(c, q, client));
	TRY(fill_redirects(c, q, client));
	TRY(fill_logout(c, q, client));
	TRY(fill_homepage(c, q, client));
	TRY(fill_scopes(c, q, client));
	TRY(fill_resources(c, q, client));
	return fill_role(c, q, client);
}

static enum err above(struct ctx *c, const struct client *client)
{
	enum err e =
	    FAIL(c, NO_PERMISSION, "a client with role %.*s by %.*s", FMT(client->role), FMT(c->actor.role));

	c->fail.say =
	    arena_printf(c->mem, "Your role %.*s may not hold the keys of a client that acts as %.*s.",
		FMT(c->actor.role), FMT(client->role));
	c->fail.data = S("{\"required\":\"Client.CreateClient\"}");
	return e;
}

enum err op_client_rank(struct ctx *c, const struct client *client)
{
	str rest = client->scope, scope;

	if (c->actor.os || !is_machine(client))
		return OK;
	if (role_rank_of(client->role) > role_rank(&c->actor))
		return above(c, client);
	while (c->actor.resource && str_word(&rest, ' ', &scope)) {
		if (!str_list_has(c->actor.resource->scopes, ' ', scope) ||
		    str_list_has(c->actor.scope, ' ', scope))
			continue;
		enum err e = FAIL(
		    c, NO_PERMISSION, "scope %.*s, the token has: %.*s", FMT(scope), FMT(c->actor.scope));
		c->fail.say = arena_printf(c->mem,
		    "The client would have the scope %.*s, which this token lacks: nobody gives what they do "
		    "not have.",
		    FMT(scope));
		c->fail.data = S("{\"required\":\"Client.CreateClient\"}");
		return e;
	}
	return OK;
}
