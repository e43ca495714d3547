#include "oauth/registration.h"
#include "base/text.h"
#include "base/url.h"
#include "jose/jwt.h"
#include "model/redirect.h"
#include "model/scope.h"

#define NAME_MAX_CHARS 200
#define URI_MAX 512 /* of client_uri: it is only shown */

/* A member that is there; null counts as absent, since clients write it for what they do not have. */
static const struct json *member(const struct json *body, str name)
{
	const struct json *v = json_get(body, name);

	return v && v->type != JSON_NULL ? v : NULL;
}

static enum err read_redirects(struct ctx *c, const struct json *body, struct registration *out)
{
	const struct json *list = member(body, S("redirect_uris"));
	struct buf b = BUF(c->mem);

	if (!list || list->type != JSON_ARRAY || list->count == 0)
		return FAIL(c, REGISTER_REDIRECT, "redirect_uris is not an array with at least one URI");
	if (list->count > REDIRECT_COUNT_MAX)
		return FAIL(c, REGISTER_REDIRECT, "%u redirect URIs", list->count);
	for (JSON_EACH(item, list)) {
		if (item->type != JSON_STRING || redirect_kind(item->text) == REDIRECT_BAD)
			return FAIL(c, REGISTER_REDIRECT, "%.*s", FMT(str_sub(item->text, 0, 200)));
		if (b.n)
			buf_char(&b, ' ');
		buf_put(&b, item->text);
	}
	if (b.full)
		return FAIL(c, TOO_LARGE, "redirect_uris");
	out->client.redirect_uris = buf_str(&b);
	out->client.native = redirect_native(out->client.redirect_uris);
	return OK;
}

static size_t characters(str s)
{
	size_t n = 0;

	for (size_t step; s.n && (step = str_utf8_step(s)) > 0; n++)
		s = str_sub(s, step, s.n);
	return n;
}

/* Shown on the consent page, so nothing that could pretend to be other than text (bidi, controls). */
static enum err read_name(struct ctx *c, const struct json *body, struct registration *out)
{
	const struct json *v = member(body, S("client_name"));

	if (!v || (v->type == JSON_STRING && v->text.n == 0))
		return OK;
	if (v->type != JSON_STRING)
		return FAIL(c, REGISTER_METADATA, "client_name is not a string");
	if (characters(v->text) > NAME_MAX_CHARS)
		return FAIL(c, REGISTER_METADATA, "client_name has more than %d characters", NAME_MAX_CHARS);
	if (!text_name_ok(v->text, v->text.n))
		return FAIL(
		    c, REGISTER_METADATA, "client_name has characters that are not shown as they are");
	out->client.name = v->text;
	return OK;
}

/* https or nothing: clients in a browser give the http address of their page, which is no reason to refuse. */
static enum err read_uri(struct ctx *c, const struct json *body, struct registration *out)
{
	str text = json_get_str(body, S("client_uri"));
	struct url u;

	if (text.n && text.n <= URI_MAX && url_parse(text, &u) == OK && str_eq(u.scheme, S("https")) &&
	    !u.userinfo.p)
		out->client.uri = text;
	return OK;
}

static enum err read_method(struct ctx *c, const struct json *body, struct registration *out)
{
	const struct json *v = member(body, S("token_endpoint_auth_method"));
	str method = v ? json_str_of(v) : S("client_secret_basic"); /* RFC 7591 section 2 */

	if (!str_eq(method, S("none")) && !str_eq(method, S("client_secret_basic")) &&
	    !str_eq(method, S("client_secret_post")))
		return FAIL(
		    c, REGISTER_METADATA, "token_endpoint_auth_method %.*s", FMT(str_sub(method, 0, 64)));
	out->client.auth_method = c->site->config->registration_public_only ? S("none") : method;
	return OK;
}

/* RFC 7591 section 3.2.1: what we do not do is dropped. A client that says nothing gets to refresh. */
static enum err read_grants(struct ctx *c, const struct json *body, struct registration *out)
{
	const struct json *list = member(body, S("grant_types"));
	bool code = false, refresh = false;

	if (list && list->type != JSON_ARRAY)
		return FAIL(c, REGISTER_METADATA, "grant_types is not an array");
	for (JSON_EACH(item, list)) {
		code |= str_eq(json_str_of(item), S("authorization_code"));
		refresh |= str_eq(json_str_of(item), S("refresh_token"));
	}
	if (!list)
		code = refresh = true;
	if (!code && !refresh)
		return FAIL(c, REGISTER_METADATA, "grant_types has none that this server knows");
	out->client.grant_types = code && refresh ? S("authorization_code refresh_token")
	    : code                                ? S("authorization_code")
						  : S("refresh_token");
	return OK;
}

static bool scope_known(const struct site *site, str word)
{
	for (size_t i = 0; i < site->resource_count; i++)
		if (str_list_has(site->resources[i].scopes, ' ', word))
			return true;
	return str_eq(word, SCOPE_OFFLINE) || scope_person_words(word).n;
}

/* What nobody here knows is left out, never an error. Registering a scope does not grant it. */
static enum err read_scope(struct ctx *c, const struct json *body, struct registration *out)
{
	const struct json *v = member(body, S("scope"));
	str rest = v ? json_str_of(v) : S(""), word;
	struct buf b = BUF(c->mem);

	if (v && v->type != JSON_STRING)
		return FAIL(c, REGISTER_METADATA, "scope is not a string");
	while (str_word(&rest, ' ', &word)) {
		if (!scope_known(c->site, word) || str_list_has(buf_str(&b), ' ', word))
			continue;
		if (b.n)
			buf_char(&b, ' ');
		buf_put(&b, word);
	}
	out->client.scope = buf_str(&b);
	return OK;
}

static bool key_private(const struct json *key)
{
	static const str members[] = { S_INIT("d"), S_INIT("k"), S_INIT("p"), S_INIT("q"), S_INIT("dp"),
		S_INIT("dq"), S_INIT("qi"), S_INIT("oth") };

	for (size_t i = 0; i < COUNT(members); i++)
		if (json_get(key, members[i]))
			return true;
	return false;
}

/* We keep no client keys yet, but who sends a private one has to hear it now: it is burnt. */
static enum err check_keys(struct ctx *c, const struct json *body, struct registration *out)
{
	const struct json *jwks = member(body, S("jwks")), *keys = json_get(jwks, S("keys"));

	if (!jwks)
		return OK;
	if (member(body, S("jwks_uri"))) /* RFC 7591 section 2: not both */
		return FAIL(c, REGISTER_METADATA, "jwks and jwks_uri together");
	if (!keys || keys->type != JSON_ARRAY)
		return FAIL(c, REGISTER_METADATA, "jwks is no key set");
	for (JSON_EACH(key, keys))
		if (key_private(key))
			return FAIL(c, REGISTER_METADATA, "jwks has a private key");
	return OK;
}

/*
 * Never a reason to refuse. Cursor registers cursor:// as "web", which it is not; VS Code is native
 * with https redirects that hop into it.
 */
static enum err read_type(struct ctx *c, const struct json *body, struct registration *out)
{
	const struct json *v = member(body, S("application_type"));

	if (v)
		out->application_type =
		    out->client.native || str_eq(json_str_of(v), S("native")) ? S("native") : S("web");
	return OK;
}

/* RFC 7591 section 3.2.1: what is used stands in the answer, whatever was asked for. One key signs for everybody. */
static enum err read_signed_response(struct ctx *c, const struct json *body, struct registration *out)
{
	(void)c;
	out->signed_response = member(body, S("id_token_signed_response_alg")) != NULL;
	return OK;
}

static enum err (*const rules[])(struct ctx *c, const struct json *body, struct registration *out) = {
	read_redirects,
	read_name,
	read_uri,
	read_method,
	read_grants,
	read_scope,
	check_keys,
	read_type,
	read_signed_response,
};

enum err registration_read(struct ctx *c, const struct json *body, struct registration *out)
{
	*out = (struct registration){ .client = { .origin = CLIENT_SEALED } };
	if (!body || body->type != JSON_OBJECT)
		return FAIL(c, REGISTER_METADATA, "the body is not a JSON object");
	for (size_t i = 0; i < COUNT(rules); i++)
		TRY(rules[i](c, body, out));
	return OK;
}

enum err registration_write(struct ctx *c, const struct registration *r, str secret, str *json)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("client_id"), r->client.client_id);
	jout_int(&j, S("client_id_issued_at"), c->now);
	if (secret.n) {
		jout_str(&j, S("client_secret"), secret);
		jout_int(&j, S("client_secret_expires_at"), 0); /* never */
	}
	jout_str_opt(&j, S("client_name"), r->client.name);
	jout_str_opt(&j, S("client_uri"), r->client.uri);
	jout_words(&j, S("redirect_uris"), r->client.redirect_uris);
	jout_words(&j, S("grant_types"), r->client.grant_types);
	jout_words(&j, S("response_types"), S("code"));
	jout_str(&j, S("token_endpoint_auth_method"), r->client.auth_method);
	jout_str_opt(&j, S("scope"), r->client.scope);
	jout_str_opt(&j, S("application_type"), r->application_type);
	if (r->signed_response)
		jout_strz(&j, S("id_token_signed_response_alg"), alg_name(pkey_alg(c->site->signing->key)));
	jout_end(&j);
	*json = buf_str(&b);
	return b.full ? FAIL(c, TOO_LARGE, "the answer to a registration") : OK;
}
