/* `clients:` of gatehouse.yml: the static clients. */
#include "core/config_inner.h"

#include "base/text.h"
#include "base/url.h"
#include "model/redirect.h"

#define SECRET_MIN 16

static const str keys[] = { S_INIT("client_id"), S_INIT("client_secret"), S_INIT("name"),
	S_INIT("redirect_uris"), S_INIT("grant_types"), S_INIT("scopes"), S_INIT("trusted"),
	S_INIT("resources"), S_INIT("role") };

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

static enum err read_secret(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	TRY(config_secret(b, v, &c->secret, &c->secret_literal));
	if (c->secret.n < SECRET_MIN || !str_within(c->secret, 0x21, 0x7e))
		return config_fail(b, config_place(b, v),
		    "a client_secret has %d or more visible ASCII characters; openssl rand -hex 32 makes "
		    "one.",
		    SECRET_MIN);
	return OK;
}

static enum err read_redirects(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	TRY(config_words(b, v, &c->redirect_uris));
	if (v->count > REDIRECT_COUNT_MAX)
		return config_fail(b, config_place(b, v), "more than %d redirect_uris.", REDIRECT_COUNT_MAX);
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

static enum err read_grants(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	str rest, word;

	TRY(config_words(b, v, &c->grant_types));
	rest = c->grant_types;
	while (str_word(&rest, ' ', &word))
		if (!str_eq(word, S("authorization_code")) && !str_eq(word, S("refresh_token")) &&
		    !str_eq(word, S("client_credentials")))
			return config_fail(b, config_place(b, v),
			    "this version does not serve the grant type `%.*s` yet; authorization_code, "
			    "refresh_token and client_credentials are.",
			    FMT(word));
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

static enum err read_member(struct config_bind *b, const struct yaml *v, struct config_client *c)
{
	if (str_eq(v->key, S("client_id")))
		return read_id(b, v, c);
	if (str_eq(v->key, S("client_secret")))
		return read_secret(b, v, c);
	if (str_eq(v->key, S("name"))) {
		TRY(config_scalar(b, v, &c->name));
		return text_name_ok(c->name, 100)
		    ? OK
		    : config_fail(b, config_place(b, v), "a name has 1 to 100 visible characters.");
	}
	if (str_eq(v->key, S("redirect_uris")))
		return read_redirects(b, v, c);
	if (str_eq(v->key, S("grant_types")))
		return read_grants(b, v, c);
	if (str_eq(v->key, S("scopes")))
		return read_scopes(b, v, c);
	if (str_eq(v->key, S("resources")))
		return read_resources(b, v, c);
	if (str_eq(v->key, S("role")))
		return read_role(b, v, c);
	if (str_eq(v->key, S("trusted")))
		return yaml_bool_of(v, &c->trusted)
		    ? OK
		    : config_fail(b, config_place(b, v), "trusted is true or false.");
	return config_unknown(b, v, S("clients"), keys, COUNT(keys));
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
	if (str_list_has(c->grant_types, ' ', S("client_credentials")) && !c->secret.n)
		return config_fail(b, config_place(b, v),
		    "a client with client_credentials has a client_secret: it speaks for itself, so it has "
		    "to prove "
		    "who it is.");
	if (c->resources.n && !c->secret.n)
		return config_fail(b, config_place(b, v),
		    "a client with resources has a client_secret: it is told what tokens say.");
	if (!c->redirect_uris.n && str_list_has(c->grant_types, ' ', S("authorization_code")))
		return config_fail(
		    b, config_place(b, v), "a client has redirect_uris: where people are sent back to.");
	if (c->trusted && !c->secret.n)
		return config_fail(b, config_place(b, v),
		    "a trusted client has a client_secret: without one anybody could be it, and no page "
		    "would ask.");
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
