/* `resources:` and `roles:` of gatehouse.yml. */
#include "core/config_inner.h"
#include "core/resource_rule.h"

#include "base/text.h"
#include "base/url.h"
#include "model/scope.h"

static const str resource_keys[] = { S_INIT("path"), S_INIT("url"), S_INIT("upstream"), S_INIT("name"),
	S_INIT("scopes"), S_INIT("required_scopes") };
static const str resource_later[] = { S_INIT("tools"), S_INIT("policies"), S_INIT("stdio"),
	S_INIT("openapi") };

static enum err read_scopes(struct config_bind *b, const struct yaml *v, struct config_resource *r)
{
	struct config_scope *rows = NEW_ARRAY(b->mem, struct config_scope, CONFIG_WORDS_MAX);
	size_t n = 0;

	if (v->type != YAML_MAP)
		return config_fail(
		    b, config_place(b, v), "scopes are a mapping: { \"weather:read\": \"See forecasts\" }.");
	if (v->count > CONFIG_WORDS_MAX)
		return config_fail(b, config_place(b, v), "more than %d scopes.", CONFIG_WORDS_MAX);
	for (YAML_EACH(s, v)) {
		if (!text_scope_token(s->key))
			return config_fail(b, config_key_place(b, s),
			    "a scope has visible ASCII characters only, without \" and \\.");
		if (scope_person_words(s->key).n || str_eq(s->key, SCOPE_OFFLINE))
			return config_fail(b, config_key_place(b, s),
			    "%.*s means the same at every server, so this one cannot have its own: choose "
			    "another name.",
			    FMT(s->key));
		rows[n].scope = s->key;
		TRY(config_scalar(b, s, &rows[n].words));
		if (!text_name_ok(rows[n].words, 400))
			return config_fail(b, config_place(b, s),
			    "say in a few words what %.*s allows: the consent page shows it.", FMT(s->key));
		n++;
	}
	r->scopes = rows;
	r->scope_count = n;
	return OK;
}

static enum err read_path(struct config_bind *b, const struct yaml *v, str *out)
{
	TRY(config_scalar(b, v, out));
	const char *problem = resource_path_problem(*out);
	return problem
	    ? config_fail(b, config_place(b, v), "the path `%.*s` %s.", FMT(str_sub(*out, 0, 100)), problem)
	    : OK;
}

static enum err read_upstream(struct config_bind *b, const struct yaml *v, str *out)
{
	TRY(config_scalar(b, v, out));
	const char *problem = resource_upstream_problem(*out);
	return problem ? config_fail(b, config_place(b, v), "the upstream %s.", problem) : OK;
}

/* The identifier of somebody else's server: an audience, so its text is what tokens carry. */
static enum err read_url(struct config_bind *b, const struct yaml *v, str *out)
{
	struct url u;

	TRY(config_scalar(b, v, out));
	if (url_parse(*out, &u) != OK || !u.host.n || u.userinfo.p || u.query.p || u.fragment.p ||
	    !(str_eq(u.scheme, S("https")) || (str_eq(u.scheme, S("http")) && url_loopback(&u))))
		return config_fail(
		    b, config_place(b, v), "url is the server's https address, without user, ? and #.");
	return OK;
}

static enum err read_name(struct config_bind *b, const struct yaml *v, str *out)
{
	TRY(config_scalar(b, v, out));
	return text_name_ok(*out, RESOURCE_NAME_MAX)
	    ? OK
	    : config_fail(b, config_place(b, v), "a name has 1 to 100 visible characters.");
}

static enum err read_member(struct config_bind *b, const struct yaml *v, struct config_resource *r)
{
	if (str_eq(v->key, S("path")))
		return read_path(b, v, &r->path);
	if (str_eq(v->key, S("url")))
		return read_url(b, v, &r->url);
	if (str_eq(v->key, S("upstream")))
		return read_upstream(b, v, &r->upstream);
	if (str_eq(v->key, S("name")))
		return read_name(b, v, &r->name);
	if (str_eq(v->key, S("scopes")))
		return read_scopes(b, v, r);
	if (str_eq(v->key, S("required_scopes")))
		return config_words(b, v, &r->required);
	for (size_t i = 0; i < COUNT(resource_later); i++)
		if (str_eq(v->key, resource_later[i]))
			return config_fail(b, config_key_place(b, v),
			    "this version does not serve `%.*s` of resources yet; take it out.", FMT(v->key));
	return config_unknown(b, v, S("resources"), resource_keys, COUNT(resource_keys));
}

static bool knows_scope(const struct config_resource *r, str scope)
{
	for (size_t i = 0; i < r->scope_count; i++)
		if (str_eq(r->scopes[i].scope, scope))
			return true;
	return false;
}

/* A resource that names no scopes has one, and requires it. */
static enum err finish_scopes(struct config_bind *b, const struct yaml *v, struct config_resource *r)
{
	static const struct config_scope tools = { S_INIT("mcp:tools"),
		S_INIT("Use the tools of this server") };
	str rest, word;

	if (!r->scope_count) {
		r->scopes = &tools;
		r->scope_count = 1;
		if (!yaml_get(v, S("required_scopes")))
			r->required = tools.scope;
	}
	rest = r->required;
	while (str_word(&rest, ' ', &word))
		if (!knows_scope(r, word))
			return config_fail(b, config_place(b, yaml_get(v, S("required_scopes"))),
			    "`%.*s` is required, but scopes does not name it.", FMT(word));
	return OK;
}

static str host_of(str url)
{
	struct url u;

	return url_parse(url, &u) == OK ? u.host : url;
}

static enum err finish_resource(struct config_bind *b, const struct yaml *v, struct config_resource *r)
{
	if (!r->path.n == !r->url.n)
		return config_fail(b, config_place(b, v),
		    "a resource has either a path here or the url of a server elsewhere.");
	if (r->path.n && !r->upstream.n)
		return config_fail(b, config_place(b, v),
		    "a resource at a path has an upstream: the address of its MCP server.");
	if (r->url.n && r->upstream.n)
		return config_fail(b, config_place(b, v),
		    "this version serves upstreams at a path of its own host only: write path instead of "
		    "url.");
	for (size_t i = 0; i < b->out->resource_count; i++) {
		const struct config_resource *o = &b->resources[i];
		if (r->path.n ? str_eq(o->path, r->path) : str_eq(o->url, r->url))
			return config_fail(b, config_place(b, v),
			    "another resource has the address %.*s already, at line %d.",
			    FMT(r->path.n ? r->path : r->url), o->line);
	}
	if (!r->name.n)
		r->name = r->path.n ? resource_name_make(r->path) : host_of(r->url);
	return finish_scopes(b, v, r);
}

enum err config_resource_read(struct config_bind *b, const struct yaml *v)
{
	if (v->type != YAML_LIST)
		return config_fail(b, config_place(b, v), "resources are a list: - path: /weather/mcp ...");
	if (!b->resources)
		b->resources = NEW_ARRAY(b->mem, struct config_resource, CONFIG_ITEMS_MAX);
	b->out->resources = b->resources;
	for (YAML_EACH(item, v)) {
		struct config_resource r = { .line = item->line };
		if (b->out->resource_count == CONFIG_ITEMS_MAX)
			return config_fail(
			    b, config_place(b, item), "more than %d resources.", CONFIG_ITEMS_MAX);
		if (item->type != YAML_MAP)
			return config_fail(
			    b, config_place(b, item), "a resource is a mapping: path, upstream, name ...");
		for (YAML_EACH(member, item))
			TRY(read_member(b, member, &r));
		TRY(finish_resource(b, item, &r));
		b->resources[b->out->resource_count++] = r;
	}
	return OK;
}

enum err config_role_read(struct config_bind *b, const struct yaml *v)
{
	static const str names[] = { S_INIT("owner"), S_INIT("admin"), S_INIT("member") };
	struct config_role *roles = NEW_ARRAY(b->mem, struct config_role, COUNT(names));

	if (v->type != YAML_MAP)
		return config_fail(b, config_place(b, v), "roles are a mapping: { member: [\"*.Read*\"] }.");
	if (b->out->role_count)
		return config_fail(
		    b, config_key_place(b, v), "roles are set already in another file; keep them in one.");
	for (YAML_EACH(r, v)) {
		size_t i = 0;
		while (i < COUNT(names) && !str_eq(names[i], r->key))
			i++;
		if (i == COUNT(names))
			return config_unknown(b, r, S("roles"), names, COUNT(names));
		roles[b->out->role_count].name = names[i];
		TRY(config_words(b, r, &roles[b->out->role_count].patterns));
		b->out->role_count++;
	}
	b->out->roles = roles;
	return OK;
}
