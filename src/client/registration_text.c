/* What a client says of itself: name, homepage, scopes, and what kind of application it is. */
#include "base/text.h"
#include "base/url.h"
#include "client/registration_rule.h"
#include "model/scope.h"

#define NAME_MAX_CHARS 200
#define URI_MAX 512 /* of client_uri: it is only shown */

static size_t characters(str s)
{
	size_t n = 0;

	for (size_t step; s.n && (step = str_utf8_step(s)) > 0; n++)
		s = str_sub(s, step, s.n);
	return n;
}

/* Shown on the consent page, so nothing that could pretend to be other than text (bidi, controls). */
enum err registration_name(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	const struct json *v = registration_member(body, S("client_name"));

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
enum err registration_uri(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	str text = json_get_str(body, S("client_uri"));
	struct url u;

	if (text.n && text.n <= URI_MAX && url_parse(text, &u) == OK && str_eq(u.scheme, S("https")) &&
	    !u.userinfo.p)
		out->client.uri = text;
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
enum err registration_scope(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	const struct json *v = registration_member(body, S("scope"));
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

/*
 * Never a reason to refuse. Cursor registers cursor:// as "web", which it is not; VS Code is native
 * with https redirects that hop into it.
 */
enum err registration_type(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	const struct json *v = registration_member(body, S("application_type"));

	if (v)
		out->application_type =
		    out->client.native || str_eq(json_str_of(v), S("native")) ? S("native") : S("web");
	return OK;
}

/* RFC 7591 section 3.2.1: what is used stands in the answer, whatever was asked for. One key signs for everybody. */
enum err registration_signed_response(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	(void)c;
	(void)was;
	out->signed_response = registration_member(body, S("id_token_signed_response_alg")) != NULL;
	return OK;
}
