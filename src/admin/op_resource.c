#include "admin/op.h"
#include "admin/shape.h"
#include "base/id.h"
#include "base/text.h"
#include "base/url.h"
#include "core/resource_rule.h"
#include "crypto/crypto.h"
#include "ops_gen.h"

#define TRIES 50 /* numbers behind a name that is taken */

/* The other nodes read it within half a second; it need not stay long, since a node that starts reads the rows. */
#define NEWS_SECONDS 3600

static void write_resource(struct jout *j, const struct resource *r)
{
	jout_object(j, S(""));
	jout_str(j, S("identifier"), r->identifier);
	jout_str(j, S("path"), r->path);
	jout_str(j, S("name"), r->name);
	jout_str(j, S("upstream"), r->upstream);
	jout_words(j, S("scopes"), r->scopes);
	jout_words(j, S("required_scopes"), r->required);
	jout_bool(j, S("declared"), r->declared || r->management);
	jout_end(j);
}

enum err op_resource_list(struct ctx *c, const struct op_call *q, struct jout *j)
{
	(void)q;
	jout_array(j, S("resources"));
	for (size_t i = 0; i < c->site->resource_count; i++)
		write_resource(j, &c->site->resources[i]);
	jout_end(j);
	return OK;
}

static enum err bad(struct ctx *c, const char *path, const char *problem)
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
	c->fail.say = arena_printf(c->mem, "The %s %s.", path, problem);
	c->fail.data = buf_str(&b);
	return e;
}

/* What this transaction sees of the rows; the site may be a moment older. */
struct rows {
	const struct resource_list_out *at;
	size_t count;
};

static enum err load(struct ctx *c, struct rows *out)
{
	return q_resource_list(
	    c->db, c->mem, &(struct resource_list_in){ .tenant = c->site->tenant.id }, &out->at, &out->count);
}

static bool taken(const struct ctx *c, const struct rows *rows, str path)
{
	if (site_resource_at(c->site, path))
		return true;
	for (size_t i = 0; i < rows->count; i++)
		if (str_eq(rows->at[i].path, path))
			return true;
	return false;
}

static enum err choose_path(struct ctx *c, const struct rows *rows, str upstream, str name, str *path)
{
	for (int i = 1; i <= TRIES; i++) {
		*path = resource_path_make(c->mem, upstream, name, i);
		if (!resource_path_problem(*path) && !taken(c, rows, *path))
			return OK;
	}
	return bad(c, "path", "could not be made from the name: all of its numbers are taken; give one");
}

/* Where the address that people type begins: the issuer's origin, without its path. */
static str identifier_of(struct ctx *c, str path)
{
	struct url u;

	if (url_parse(c->site->tenant.issuer, &u) != OK)
		return path;
	return arena_printf(c->mem, "%.*s%.*s", FMT(url_origin(c->mem, &u)), FMT(path));
}

static void write_protected(struct ctx *c, struct jout *j, str path, str name, str upstream, bool created)
{
	jout_str(j, S("identifier"), identifier_of(c, path));
	jout_str(j, S("path"), path);
	jout_str(j, S("name"), name);
	jout_str(j, S("upstream"), upstream);
	jout_bool(j, S("created"), created);
}

static enum err tell_nodes(struct ctx *c, int64_t id)
{
	struct revocation_put_in news = { .tenant = c->site->tenant.id,
		.kind = S("resource"),
		.id = id,
		.at = c->now,
		.until = c->now + NEWS_SECONDS };

	effect_add(c, EFFECT_RELOAD, 0, 0);
	return q_revocation_put(c->db, c->mem, &news, NULL);
}

static enum err put(struct ctx *c, str path, str name, str upstream)
{
	struct resource_put_in in = {
		.id = id_make(c->now_ms, rand_u32()),
		.tenant = c->site->tenant.id,
		.path = path,
		.name = name,
		.upstream = upstream,
		.scopes = S("{}"), /* none named: mcp:tools, which it requires */
		.created = c->now,
	};
	int64_t changed;

	TRY(q_resource_put(c->db, c->mem, &in, &changed));
	if (!changed)
		return FAIL(c, OP_EXISTS, "path %.*s", FMT(path));
	return tell_nodes(c, in.id);
}

/* Protecting the same server again, with the same wishes, is no error: a script may run twice. */
static const struct resource *same(const struct ctx *c, str upstream, str path, str name)
{
	for (size_t i = 0; i < c->site->resource_count; i++) {
		const struct resource *r = &c->site->resources[i];
		if (r->path.n && str_eq(r->upstream, upstream) && (!path.n || str_eq(r->path, path)) &&
		    (!name.n || str_eq(r->name, name)))
			return r;
	}
	return NULL;
}

enum err op_resource_protect(struct ctx *c, const struct op_call *q, struct jout *j)
{
	str upstream = op_text(q, S("upstream")), path = op_text(q, S("path")), name = op_text(q, S("name"));
	const char *problem = resource_upstream_problem(upstream);
	struct rows rows;

	if (problem)
		return bad(c, "upstream", problem);
	if (path.n && (problem = resource_path_problem(path)))
		return bad(c, "path", problem);
	if (name.n && !text_name_ok(name, RESOURCE_NAME_MAX))
		return bad(c, "name", "must hold visible characters only");

	const struct resource *there = same(c, upstream, path, name);
	if (there) {
		write_protected(c, j, there->path, there->name, there->upstream, false);
		return OK;
	}
	TRY(load(c, &rows));
	if (!path.n)
		TRY(choose_path(c, &rows, upstream, name, &path));
	else if (taken(c, &rows, path))
		return FAIL(c, OP_EXISTS, "path %.*s", FMT(path));
	if (!name.n)
		name = resource_name_make(path);
	TRY(put(c, path, name, upstream));
	write_protected(c, j, path, name, upstream, true);
	return OK;
}

enum err op_resource_unprotect(struct ctx *c, const struct op_call *q, struct jout *j)
{
	str path = op_text(q, S("path"));
	const struct resource *r = site_resource_at(c->site, path);
	int64_t changed;

	if (r && (r->declared || r->management))
		return FAIL(c, OP_DECLARED, "path %.*s", FMT(path));
	TRY(q_resource_drop(c->db, c->mem,
	    &(struct resource_drop_in){ .tenant = c->site->tenant.id, .path = path }, &changed));
	if (!changed)
		return FAIL(c, OP_NOT_FOUND, "path %.*s", FMT(path));
	TRY(tell_nodes(c, r ? r->id : 0));
	jout_bool(j, S("deleted"), true);
	jout_str(j, S("path"), path);
	return OK;
}
