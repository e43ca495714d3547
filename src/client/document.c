#include "client/document.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "base/url.h"
#include "jose/jwt.h"
#include "model/redirect.h"

#define NAME_MAX_BYTES 256
#define KEYS_MAX 64

/* --- the address */

bool document_meant(str client_id)
{
	return str_find(client_id, S("://")) > 0;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A name of the public DNS: labels of letters, digits and hyphens, the last one no number (else some resolver reads it as one). */
static bool host_public(str host)
{
	str rest = host, label, last = { NULL, 0 };
	size_t labels = 0;

	if (host.n == 0 || host.n > 253 || host.p[host.n - 1] == '.' || str_find(host, S("..")) >= 0 ||
	    host.p[0] == '.')
		return false;
	for (size_t i = 0; i < host.n; i++) {
		char ch = host.p[i];
		if (!((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z') && !digit(ch) && ch != '-' && ch != '.' &&
		    ch != '_')
			return false;
	}
	while (str_word(&rest, '.', &label)) {
		last = label;
		labels++;
	}
	return labels >= 2 && !digit(last.p[0]) && !str_ieq(last, S("localhost"));
}

const char *document_url_problem(str client_id, bool inside)
{
	struct url u;

	if (client_id.n > DOCUMENT_URL_MAX)
		return "it is too long";
	if (url_parse(client_id, &u) != OK || !u.authority)
		return "it is no URL";
	if (!str_eq(u.scheme, S("https")))
		return "it is not https";
	if (u.userinfo.p)
		return "it has a user";
	if (u.fragment.p)
		return "it has a fragment";
	if (u.path.n < 2)
		return "it has no path";
	if (url_dots(u.path))
		return "its path has dot segments";
	return inside || host_public(u.host) ? NULL : "its host is no name of the public internet";
}

str document_host(str client_id)
{
	struct url u;

	return url_parse(client_id, &u) == OK ? u.host : (str){ NULL, 0 };
}

/* --- the document: one function a rule */

struct reading {
	struct arena *mem;
	const struct json *o;
	str url;
	struct client *out;
};

#define RULE(words)           \
	{                     \
		*why = words; \
		return false; \
	}

/* Section 4.1: by simple string comparison. A document that stands elsewhere is somebody else's. */
static bool check_id(struct reading *r, const char **why)
{
	if (!str_eq(json_get_str(r->o, S("client_id")), r->url))
		RULE("client_id is not the address of the document");
	r->out->client_id = r->url;
	return true;
}

/* A document is read by the world: what stands in it is no secret. */
static bool check_secrets(struct reading *r, const char **why)
{
	for (JSON_EACH(m, r->o))
		if (str_starts(m->key, S("client_secret")))
			RULE("client_secret has no place in a public document");
	return true;
}

static bool read_name(struct reading *r, const char **why)
{
	str name = json_get_str(r->o, S("client_name"));

	if (name.n == 0)
		RULE("client_name is missing");
	if (!text_name_ok(name, NAME_MAX_BYTES))
		RULE("client_name is too long or has characters that are not shown as they are");
	r->out->name = name;
	return true;
}

/* What nobody may be sent to is left out: the others are as good as if it did not stand there. */
static bool read_redirects(struct reading *r, const char **why)
{
	const struct json *list = json_get(r->o, S("redirect_uris"));
	struct buf b = BUF(r->mem);

	if (!list || list->type != JSON_ARRAY || list->count == 0)
		RULE("redirect_uris is missing");
	if (list->count > DOCUMENT_REDIRECTS_MAX)
		RULE("redirect_uris has more than 64 items");
	for (JSON_EACH(item, list)) {
		if (item->type != JSON_STRING)
			RULE("redirect_uris has an item that is no string");
		if (redirect_kind(item->text) == REDIRECT_BAD)
			continue;
		if (b.n)
			buf_char(&b, ' ');
		buf_put(&b, item->text);
	}
	if (b.n == 0 || b.full)
		RULE("redirect_uris has none that an answer may be sent to");
	r->out->redirect_uris = buf_str(&b);
	r->out->native = redirect_native(r->out->redirect_uris);
	return true;
}

/* Every other address in it: nothing of ours asks for it, but people may be shown it, and keys come from one. */
static bool check_addresses(struct reading *r, const char **why)
{
	static const str members[] = { S_INIT("client_uri"), S_INIT("logo_uri"), S_INIT("tos_uri"),
		S_INIT("policy_uri"), S_INIT("jwks_uri"), S_INIT("backchannel_logout_uri") };
	struct url u;

	for (size_t i = 0; i < COUNT(members); i++) {
		const struct json *v = json_get(r->o, members[i]);
		if (!v || v->type == JSON_NULL)
			continue;
		if (v->type != JSON_STRING || url_parse(v->text, &u) != OK || !str_eq(u.scheme, S("https")) ||
		    u.host.n == 0 || u.userinfo.p)
			RULE("an address in it (client_uri, logo_uri, tos_uri, policy_uri, jwks_uri) is not "
			     "https");
	}
	r->out->uri = json_get_str(r->o, S("client_uri"));
	r->out->jwks_uri = json_get_str(r->o, S("jwks_uri"));
	r->out->backchannel = json_get_str(r->o, S("backchannel_logout_uri"));
	return true;
}

static bool read_keys(struct reading *r, const char **why)
{
	const struct json *set = json_get(r->o, S("jwks")), *keys = json_get(set, S("keys"));
	struct buf b = BUF(r->mem);
	struct jout j = JOUT(&b);

	if (!set || set->type == JSON_NULL)
		return true;
	if (!keys || keys->type != JSON_ARRAY || keys->count == 0 || keys->count > KEYS_MAX)
		RULE("jwks is no key set");
	for (JSON_EACH(key, keys))
		if (key->type != JSON_OBJECT || jwk_tells_private(key))
			RULE("jwks has a private key");
	if (r->out->jwks_uri.n)
		RULE("jwks and jwks_uri are both there"); /* RFC 7591 section 2 */
	jout_json(&j, S(""), set);
	r->out->jwks = buf_str(&b);
	return !b.full;
}

/* Section 4.1: no secrets, so a key of its own or nothing. Not said: nothing. */
static bool read_method(struct reading *r, const char **why)
{
	const struct json *v = json_get(r->o, S("token_endpoint_auth_method"));
	str method = v && v->type != JSON_NULL ? json_str_of(v) : S("none");

	if (str_eq(method, S("none"))) {
		r->out->auth_method = S("none");
		return true;
	}
	if (!str_eq(method, S("private_key_jwt")))
		RULE("token_endpoint_auth_method is neither none nor private_key_jwt");
	if (r->out->jwks.n == 0 && r->out->jwks_uri.n == 0)
		RULE("private_key_jwt needs jwks or jwks_uri");
	r->out->auth_method = S("private_key_jwt");
	return true;
}

/* What we do not do is left out. A client that says nothing gets to refresh. client_credentials is for clients that somebody here knows. */
static bool read_grants(struct reading *r, const char **why)
{
	static const str known[] = { S_INIT("authorization_code"), S_INIT("refresh_token"),
		S_INIT("urn:ietf:params:oauth:grant-type:device_code") };
	const struct json *list = json_get(r->o, S("grant_types"));
	struct buf b = BUF(r->mem);

	r->out->grant_types = S("authorization_code refresh_token");
	if (!list || list->type == JSON_NULL)
		return true;
	if (list->type != JSON_ARRAY)
		RULE("grant_types is no array");
	for (JSON_EACH(item, list))
		for (size_t i = 0; i < COUNT(known); i++) {
			if (!str_eq(json_str_of(item), known[i]) || str_list_has(buf_str(&b), ' ', known[i]))
				continue;
			if (b.n)
				buf_char(&b, ' ');
			buf_put(&b, known[i]);
		}
	if (b.n == 0)
		RULE("grant_types has none that this server gives to documents");
	r->out->grant_types = buf_str(&b);
	return true;
}

static bool read_rest(struct reading *r, const char **why)
{
	const struct json *list = json_get(r->o, S("post_logout_redirect_uris"));
	struct buf b = BUF(r->mem);
	(void)why;

	if (list && list->type == JSON_ARRAY)
		for (JSON_EACH(item, list)) {
			if (item->type != JSON_STRING || redirect_kind(item->text) == REDIRECT_BAD)
				continue;
			if (b.n)
				buf_char(&b, ' ');
			buf_put(&b, item->text);
		}
	r->out->logout_uris = buf_str(&b);
	r->out->dpop = json_get_true(r->o, S("dpop_bound_access_tokens"));
	r->out->par = json_get_true(r->o, S("require_pushed_authorization_requests"));
	return !b.full;
}

static bool (*const rules[])(struct reading *r, const char **why) = {
	check_id,
	check_secrets,
	read_name,
	read_redirects,
	check_addresses,
	read_keys,
	read_method,
	read_grants,
	read_rest,
};

enum err document_read(struct arena *mem, str url, str body, struct client *out, const char **why)
{
	struct reading r = { .mem = mem, .url = url, .out = out };

	*out = (struct client){ .origin = CLIENT_DOCUMENT };
	*why = "it is no JSON object";
	if (json_parse(mem, body, &r.o, NULL) != OK || r.o->type != JSON_OBJECT)
		return ERR_DOCUMENT_INVALID;
	*why = "it does not fit the memory of a request";
	for (size_t i = 0; i < COUNT(rules); i++)
		if (!rules[i](&r, why))
			return ERR_DOCUMENT_INVALID;
	return OK;
}
