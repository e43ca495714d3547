#include "admin/management.h"
#include "app/site_inner.h"
#include "base/json.h"
#include "base/log.h"
#include "base/url.h"
#include "sql_gen.h"

/* What a resource has that names no scopes; rows of a table, which the formatter would set like a program. */
/* clang-format off */
#define MANAGEMENT(row)
#define OPENID(row)
#define TOOLS(row) row
#define SCOPE(scope_, of_, challenged_, words_) of_(SCOPE_ROW(scope_, words_))
#define SCOPE_ROW(scope_, words_) { S_INIT(scope_), S_INIT(words_) },
static const struct scope_word plain_words[] = {
#include "scopes.def"
};
#undef SCOPE_ROW
#undef SCOPE
/* clang-format on */

/* Scopes and their words, from any list of pairs. */
static void set_scopes(
    struct site_making *l, struct resource *r, const struct scope_word *words, size_t count, str required)
{
	struct buf b = BUF(l->mem);

	if (count == 0) {
		words = plain_words;
		count = COUNT(plain_words);
		required = plain_words[0].scope;
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_char(&b, ' ');
		buf_put(&b, words[i].scope);
	}
	r->scopes = buf_str(&b);
	r->words = words;
	r->word_count = count;
	r->required = required;
	/* What names no requirement asks for all that it has: a token without scopes would be good for nothing. */
	r->challenge = required.n ? required : r->scopes;
}

static struct resource declared(struct site_making *l, const struct config_resource *c)
{
	struct resource r = { .path = c->path, .name = c->name, .upstream = c->upstream, .declared = true };
	struct scope_word *words = NEW_ARRAY(l->mem, struct scope_word, c->scope_count);

	for (size_t i = 0; i < c->scope_count; i++)
		words[i] = (struct scope_word){ c->scopes[i].scope, c->scopes[i].words };
	r.identifier = c->url.n ? c->url : arena_printf(l->mem, "%.*s%.*s", FMT(l->origin), FMT(c->path));
	set_scopes(l, &r, words, c->scope_count, c->required);
	return r;
}

static struct resource made(struct site_making *l, const struct resource_list_out *row)
{
	struct resource r = {
		.id = row->id, .path = row->path, .name = row->name, .upstream = row->upstream
	};
	const struct json *o = NULL;
	size_t n = 0;

	if (json_parse(l->mem, row->scopes, &o, NULL) != OK || o->type != JSON_OBJECT)
		o = NULL;
	struct scope_word *words = NEW_ARRAY(l->mem, struct scope_word, o ? o->count : 0);
	for (JSON_EACH(it, o))
		words[n++] = (struct scope_word){ it->key, json_str_of(it) };
	r.identifier = arena_printf(l->mem, "%.*s%.*s", FMT(l->origin), FMT(row->path));
	set_scopes(l, &r, words, n, row->required);
	return r;
}

static bool taken(const struct resource *all, size_t count, const struct resource *r)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(all[i].identifier, r->identifier) || (r->path.n && str_eq(all[i].path, r->path)))
			return true;
	return false;
}

/* Host names of resources that have an address of their own and are served here. */
static void load_hosts(struct site_making *l)
{
	const struct site *s = &l->out->site;
	str *hosts = NEW_ARRAY(l->mem, str, s->resource_count);
	struct url u;

	for (size_t i = 0; i < s->resource_count; i++)
		if (s->resources[i].path.n && url_parse(s->resources[i].identifier, &u) == OK)
			hosts[l->out->host_count++] = u.host;
	l->out->hosts = hosts;
}

/* Management first, then the file, then what operations made: the file wins over a row at the same path. */
enum err site_load_resources(struct site_making *l)
{
	struct site *s = &l->out->site;
	struct resource_list_in in = { .tenant = s->tenant.id };
	const struct resource_list_out *rows;
	size_t row_count, n = 0;

	enum err e = q_resource_list(l->db, l->mem, &in, &rows, &row_count);
	if (e != OK)
		return site_store_failed(l, e, "the protected resources cannot be read");
	struct resource *all = NEW_ARRAY(l->mem, struct resource, 1 + l->config->resource_count + row_count);
	if (l->config->management)
		all[n++] = management_resource(l->mem, l->config, l->origin);
	for (size_t i = 0; i < l->config->resource_count; i++) {
		struct resource r = declared(l, &l->config->resources[i]);
		if (taken(all, n, &r)) {
			buf_printf(l->why, "%.*s:%d: the path or address %.*s is taken already",
			    FMT(l->config->file), l->config->resources[i].line,
			    FMT(r.path.n ? r.path : r.identifier));
			return ERR_OP_EXISTS;
		}
		all[n++] = r;
	}
	for (size_t i = 0; i < row_count; i++) {
		struct resource r = made(l, &rows[i]);
		if (taken(all, n, &r))
			log_warn("a resource is shadowed by the configuration", LOG_STR("path", r.path));
		else
			all[n++] = r;
	}
	s->resources = all;
	s->resource_count = n;
	load_hosts(l);
	return OK;
}
