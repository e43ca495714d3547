/* `clients:` of gatehouse.yml: the static clients. */
#include "core/config_inner.h"

#include "base/json.h"
#include "base/text.h"
#include "base/url.h"
#include "model/grant_name.h"
#include "model/redirect.h"

#define SECRET_MIN 16

/* What the token endpoint's Basic authentication reads the same raw and form-encoded (mcp.md 2.16). */
static bool id_ok(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '.' || c == '_' || c == '~'))
			return false;
	}
	return s.n && s.n <= 128;
}

static enum err read_id(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	TRY(config_scalar(b, v, &c->client_id));
	if (str_starts(
		c->client_id, S("user_"))) /* RFC 9068 section 5: it is the sub of what it gets for itself */
		return config_fail(b, config_place(b, v),
		    "a client_id does not begin with user_, as people's ids do: servers could take the "
		    "client for a person.");
	return id_ok(c->client_id) ? OK
				   : config_fail(b, config_place(b, v),
					 "a client_id has 1 to 128 letters, digits and - . _ ~ only.");
}

static enum err read_name(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	TRY(config_scalar(b, v, &c->name));
	return text_name_ok(c->name, 100)
	    ? OK
	    : config_fail(b, config_place(b, v), "a name has 1 to 100 visible characters.");
}

static enum err read_one_secret(
    struct config_bind *b, const struct yaml *v, struct config_client *c, str *out)
{
	bool literal;

	TRY(config_secret(b, v, out, &literal));
	c->secret_literal |= literal;
	if (out->n < SECRET_MIN || !str_within(*out, 0x21, 0x7e))
		return config_fail(b, config_place(b, v),
		    "a client_secret has %d or more visible ASCII characters; openssl rand -hex 32 makes "
		    "one.",
		    SECRET_MIN);
	return OK;
}

/* One, or the new one and the one before it, so that a program can be told without a moment in which neither is right. */
static enum err read_secret(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	if (v->type != YAML_LIST)
		return read_one_secret(b, v, c, &c->secret);
	if (v->count == 0 || v->count > 2)
		return config_fail(b, config_place(b, v), "client_secret is one secret, or two: [NEW, OLD].");
	TRY(read_one_secret(b, v->first, c, &c->secret));
	return v->count == 2 ? read_one_secret(b, v->first->next, c, &c->old_secret) : OK;
}

static enum err read_uris(struct config_bind *b, const struct yaml *v, str *out)
{
	TRY(config_words(b, v, out));
	if (v->count > REDIRECT_COUNT_MAX)
		return config_fail(
		    b, config_place(b, v), "more than %d %.*s.", REDIRECT_COUNT_MAX, FMT(v->key));
	for (YAML_EACH(item, v)) {
		str uri;
		TRY(config_scalar(b, item, &uri));
		if (redirect_kind(uri) == REDIRECT_BAD)
			return config_fail(b, config_place(b, item),
			    "nobody may be sent to this redirect URI: use https, http on localhost, "
			    "127.0.0.1 or [::1], or a private-use scheme with a host.");
	}
	return OK;
}

static enum err read_redirects(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	return read_uris(b, v, &c->redirect_uris);
}

static enum err read_logout_uris(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	return read_uris(b, v, &c->logout_uris);
}

static enum err read_grants(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	unsigned bits = 0;
	str rest, word;

	TRY(config_words(b, v, &rest));
	while (str_word(&rest, ' ', &word)) {
		str name = grant_name_find(word);
		if (!name.p)
			return config_fail(b, config_place(b, v),
			    "`%.*s` is no grant type that this server knows; authorization_code, "
			    "refresh_token, "
			    "client_credentials, device_code, token-exchange and jwt-bearer are.",
			    FMT(word));
		bits |= grant_names_bits(name);
	}
	c->grant_types = grant_names_text(b->mem, bits);
	return OK;
}

static enum err read_method(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	static const str methods[] = { S_INIT("none"), S_INIT("client_secret_basic"),
		S_INIT("client_secret_post"), S_INIT("private_key_jwt") };

	TRY(config_scalar(b, v, &c->auth_method));
	for (size_t i = 0; i < COUNT(methods); i++)
		if (str_eq(c->auth_method, methods[i]))
			return OK;
	return config_fail(b, config_place(b, v),
	    "a token_endpoint_auth_method is none, client_secret_basic, client_secret_post or "
	    "private_key_jwt.");
}

static enum err read_https(struct config_bind *b, const struct yaml *v, str *out)
{
	struct url u;

	TRY(config_scalar(b, v, out));
	if (out->n > 512 || url_parse(*out, &u) != OK || !str_eq(u.scheme, S("https")) || !u.host.n ||
	    u.userinfo.p || u.fragment.p)
		return config_fail(b, config_place(b, v), "%.*s is an https address.", FMT(v->key));
	return OK;
}

static enum err read_jwks_uri(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	return read_https(b, v, &c->jwks_uri);
}

static enum err read_backchannel(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	return read_https(b, v, &c->backchannel);
}

/* The key set as JSON, or the path of a file with it. Whether its keys can be used is said when they are read. */
static enum err read_jwks(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	const struct json *o = NULL;
	str path, why;

	if (v->type != YAML_SCALAR)
		return config_fail(b, config_place(b, v),
		    "jwks is JSON text, in quotes: '{\"keys\": [...]}', or the path of a file with it.");
	TRY(config_scalar(b, v, &path));
	c->jwks = path;
	if (!str_starts(str_trim(path), S("{"))) {
		if (str_starts(path, S("file://")))
			path = str_sub(path, sizeof "file://" - 1, path.n);
		if (!b->in->port.read(b->in->port.arg, b->mem, b->file, path, &c->jwks, &why))
			return config_fail(
			    b, config_place(b, v), "the file %.*s: %.*s.", FMT(path), FMT(why));
	}
	if (json_parse(b->mem, c->jwks, &o, NULL) != OK || !json_get(o, S("keys")))
		return config_fail(b, config_place(b, v),
		    "jwks is a key set, '{\"keys\": [...]}', or the path of a file with one.");
	return OK;
}

static enum err read_scopes(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	str rest, word;

	TRY(config_words(b, v, &c->scopes));
	rest = c->scopes;
	while (str_word(&rest, ' ', &word))
		if (!text_scope_token(word))
			return config_fail(b, config_place(b, v), "`%.*s` is not a scope.", FMT(word));
	return OK;
}

/* The addresses that tokens name as their audience; whether there are such resources is only known with all of them. */
static enum err read_resources(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	struct url u;
	str rest, word;

	TRY(config_words(b, v, &c->resources));
	rest = c->resources;
	while (str_word(&rest, ' ', &word))
		if (url_parse(word, &u) != OK || !u.host.n || u.fragment.p)
			return config_fail(b, config_place(b, v),
			    "resources of a client are the addresses of the servers that it is: "
			    "[https://weather.example.com/mcp].");
	return OK;
}

static enum err read_role(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	TRY(config_scalar(b, v, &c->role));
	return str_eq(c->role, S("owner")) || str_eq(c->role, S("admin")) || str_eq(c->role, S("member"))
	    ? OK
	    : config_fail(b, config_place(b, v), "a role is owner, admin or member.");
}

static enum err read_flag(struct config_bind *b, const struct yaml *v, bool *out)
{
	return yaml_bool_of(v, out)
	    ? OK
	    : config_fail(b, config_place(b, v), "%.*s is true or false.", FMT(v->key));
}

static enum err read_trusted(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	return read_flag(b, v, &c->trusted);
}

static enum err read_dpop(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	return read_flag(b, v, &c->dpop);
}

static enum err read_par(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	return read_flag(b, v, &c->par);
}

static const struct {
	str key;
	enum err (*read)(struct config_bind *b, const struct yaml *v, struct config_client *c);
} members[] = {
	{ S_INIT("client_id"), read_id },
	{ S_INIT("client_secret"), read_secret },
	{ S_INIT("name"), read_name },
	{ S_INIT("redirect_uris"), read_redirects },
	{ S_INIT("grant_types"), read_grants },
	{ S_INIT("scopes"), read_scopes },
	{ S_INIT("trusted"), read_trusted },
	{ S_INIT("resources"), read_resources },
	{ S_INIT("role"), read_role },
	{ S_INIT("token_endpoint_auth_method"), read_method },
	{ S_INIT("jwks"), read_jwks },
	{ S_INIT("jwks_uri"), read_jwks_uri },
	{ S_INIT("post_logout_redirect_uris"), read_logout_uris },
	{ S_INIT("backchannel_logout_uri"), read_backchannel },
	{ S_INIT("dpop_bound_access_tokens"), read_dpop },
	{ S_INIT("require_pushed_authorization_requests"), read_par },
};

static enum err read_member(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	str keys[COUNT(members)];

	for (size_t i = 0; i < COUNT(members); i++) {
		if (str_eq(v->key, members[i].key))
			return members[i].read(b, v, c);
		keys[i] = members[i].key;
	}
	return config_unknown(b, v, S("clients"), keys, COUNT(keys));
}

/* What it proves itself with and how must be the same. */
static enum err finish_proof(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	bool keys = c->jwks.n || c->jwks_uri.n;

	if (c->jwks.n && c->jwks_uri.n)
		return config_fail(b, config_place(b, v), "a client has jwks or jwks_uri, not both.");
	if (keys && c->secret.n)
		return config_fail(b, config_place(b, v), "a client has keys or a client_secret, not both.");
	if (!c->auth_method.n)
		c->auth_method = keys ? S("private_key_jwt")
		    : c->secret.n     ? S("client_secret_basic")
				      : S("none");
	if (keys != str_eq(c->auth_method, S("private_key_jwt")))
		return config_fail(
		    b, config_place(b, v), "private_key_jwt goes with jwks or jwks_uri, and these with it.");
	if ((c->secret.n != 0) != str_starts(c->auth_method, S("client_secret_")))
		return config_fail(b, config_place(b, v), "%.*s goes %s a client_secret.",
		    FMT(c->auth_method), c->secret.n ? "without" : "with");
	return OK;
}

/* Who has no secret could be anybody, and these act without a person who looks. */
static enum err finish_grants(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	str rest = c->grant_types, word;

	while (str_eq(c->auth_method, S("none")) && str_word(&rest, ' ', &word))
		if (!grant_name_registrable(word))
			return config_fail(b, config_place(b, v),
			    "a client with %.*s has a client_secret or keys: without one anybody could be "
			    "it.",
			    FMT(word));
	if (!c->redirect_uris.n && str_list_has(c->grant_types, ' ', S("authorization_code")))
		return config_fail(
		    b, config_place(b, v), "a client has redirect_uris: where people are sent back to.");
	return OK;
}

static enum err finish(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	if (!c->client_id.n)
		return config_fail(b, config_place(b, v), "a client has a client_id.");
	for (size_t i = 0; i < b->out->client_count; i++)
		if (str_eq(b->clients[i].client_id, c->client_id))
			return config_fail(b, config_place(b, v),
			    "another client has this client_id already, at line %d.", b->clients[i].line);
	if (!c->grant_types.n) /* who is only a server, and sends nobody anywhere, acts for itself */
		c->grant_types = c->resources.n && !c->redirect_uris.n
		    ? S("client_credentials")
		    : S("authorization_code refresh_token");
	TRY(finish_proof(b, v, c));
	TRY(finish_grants(b, v, c));
	if (c->resources.n && str_eq(c->auth_method, S("none")))
		return config_fail(b, config_place(b, v),
		    "a client with resources has a client_secret or keys: it is told what tokens say.");
	if (c->trusted && str_eq(c->auth_method, S("none")))
		return config_fail(b, config_place(b, v),
		    "a trusted client has a client_secret or keys: without one anybody could be it, and no "
		    "page would ask.");
	if (!c->name.n)
		c->name = c->client_id;
	return OK;
}

enum err config_client_read(struct config_bind *b, const struct yaml *v)
{
	if (v->type != YAML_LIST)
		return config_fail(b, config_place(b, v), "clients are a list: - client_id: ci ...");
	if (!b->clients)
		b->clients = NEW_ARRAY(b->mem, struct config_client, CONFIG_ITEMS_MAX);
	b->out->clients = b->clients;
	for (YAML_EACH(item, v)) {
		struct config_client c = { .line = item->line };
		if (b->out->client_count == CONFIG_ITEMS_MAX)
			return config_fail(
			    b, config_place(b, item), "more than %d clients.", CONFIG_ITEMS_MAX);
		if (item->type != YAML_MAP)
			return config_fail(
			    b, config_place(b, item), "a client is a mapping: client_id, redirect_uris ...");
		for (YAML_EACH(member, item))
			TRY(read_member(b, member, &c));
		TRY(finish(b, item, &c));
		b->clients[b->out->client_count++] = c;
	}
	return OK;
}
