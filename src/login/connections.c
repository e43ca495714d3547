/* What has access in one's name, one group an application, and taking it back (U-32 to U-41). */
#include "login/handlers.h"

#include "base/id.h"
#include "login/fields.h"
#include "login/refuse.h"
#include "login/session.h"
#include "login/words.h"
#include "model/resource.h"
#include "sql_gen.h"
#include "store/grant_end.h"
#include "ui_gen.h"

struct rows {
	const struct connection_list_out *row;
	size_t count;
};

static enum err load(struct ctx *c, struct rows *out)
{
	struct connection_list_in in = {
		.tenant = c->site->tenant.id, .user_id = c->actor.user, .now = c->now
	};

	return q_connection_list(c->db, c->mem, &in, &out->row, &out->count);
}

/* What people see, and type: a client that gave no name is called by its id. */
static str name_of(const struct connection_list_out *r)
{
	return r->client_name.n ? r->client_name : r->client_id;
}

/* Those of one grant, or of all clients of one name. */
static struct rows choose(struct ctx *c, const struct rows *all, str grant, str application)
{
	struct connection_list_out *chosen = NEW_ARRAY(c->mem, struct connection_list_out, all->count);
	struct rows out = { .row = chosen };
	int64_t id = 0;
	bool one = grant.n > 0;

	if (one && id_parse(grant, ID_GRANT, &id) != OK)
		return out;
	for (size_t i = 0; i < all->count; i++)
		if (one ? all->row[i].id == id : str_eq(name_of(&all->row[i]), application))
			chosen[out.count++] = all->row[i];
	return out;
}

static str server_name(struct ctx *c, str identifier)
{
	const struct resource *r = site_resource(c->site, identifier);

	if (r == &c->site->self) /* the tenant's own name says nothing here */
		return S("Signing in with your account");
	return r && r->name.n ? r->name : identifier;
}

static void fill_scopes(struct ctx *c, struct view_connection *v, str scope)
{
	const struct resource *r = site_resource(c->site, v->address);
	struct view_granted_scope *all = NEW_ARRAY(c->mem, struct view_granted_scope, scope.n / 2 + 1);
	str word;

	v->scopes = all;
	while (str_word(&scope, ' ', &word))
		all[v->scopes_count++] = (struct view_granted_scope){ .scope = word,
			.words = r ? resource_scope_words(r, word) : word };
}

static void fill(struct ctx *c, struct view_connection *v, const struct connection_list_out *r)
{
	*v = (struct view_connection){
		.id = id_text(c->mem, ID_GRANT, r->id),
		.server = server_name(c, r->resource),
		.address = r->resource,
		.host = words_host(r->redirect_host),
		.authorized = words_day(c->mem, r->created),
		.used = words_ago(c->mem, c->now, r->last_used),
	};
	fill_scopes(c, v, r->scope);
}

/* One application: the rows of one name, which stand together. */
static size_t group(struct ctx *c, struct view_application *a, const struct rows *all, size_t from)
{
	str name = name_of(&all->row[from]);
	size_t n = 1;
	int64_t used = all->row[from].last_used;

	while (from + n < all->count && str_eq(name_of(&all->row[from + n]), name))
		n++;
	struct view_connection *grants = NEW_ARRAY(c->mem, struct view_connection, n);
	for (size_t i = 0; i < n; i++) {
		fill(c, &grants[i], &all->row[from + i]);
		if (all->row[from + i].last_used > used)
			used = all->row[from + i].last_used;
	}
	*a = (struct view_application){
		.name = name,
		.count = (int64_t)n,
		.many = n > 1,
		.used = words_ago(c->mem, c->now, used),
		.grants = grants,
		.grants_count = n,
	};
	return n;
}

static enum err show_list(struct ctx *c, const struct rows *all)
{
	struct view_connections *v = NEW(c->mem, struct view_connections);
	struct view_application *applications = NEW_ARRAY(c->mem, struct view_application, all->count);

	*v = (struct view_connections){
		.person = c->actor.email,
		.revoked = str_eq(form_get(&c->query, S("revoked")), S("1")),
		.applications = applications,
	};
	for (size_t i = 0; i < all->count;)
		i += group(c, &applications[v->applications_count++], all, i);
	return reply_page(c, 200, PAGE_CONNECTIONS, v);
}

static struct view_revoke *revoke_view(struct ctx *c, const struct rows *chosen, str grant)
{
	struct view_revoke *v = NEW(c->mem, struct view_revoke);
	struct view_revoke_server *servers = NEW_ARRAY(c->mem, struct view_revoke_server, chosen->count);

	for (size_t i = 0; i < chosen->count; i++)
		servers[i] = (struct view_revoke_server){
			.name = server_name(c, chosen->row[i].resource),
			.address = chosen->row[i].resource,
		};
	*v = (struct view_revoke){
		.csrf = form_token(c),
		.person = c->actor.email,
		.application = name_of(&chosen->row[0]),
		.grant = grant,
		.count = (int64_t)chosen->count,
		.many = chosen->count > 1,
		.servers = servers,
		.servers_count = chosen->count,
	};
	return v;
}

enum err connections_show(struct ctx *c)
{
	str grant = form_get(&c->query, S("grant")), application = form_get(&c->query, S("application"));
	struct rows all;

	TRY(load(c, &all));
	if (grant.n || application.n) {
		struct rows chosen = choose(c, &all, grant, application);
		if (chosen.count)
			return reply_page(c, 200, PAGE_REVOKE, revoke_view(c, &chosen, grant));
	}
	return show_list(c, &all);
}

/* The access and the remembered yes: the next authorization asks again. */
static enum err end(struct ctx *c, const struct connection_list_out *r)
{
	return grant_take_back(c, r->id, c->actor.user, r->client, S("user"));
}

/* WRITE. What was typed is compared with what is there now, in the transaction that ends it. */
static enum err revoke(struct ctx *c)
{
	const struct fields *f = c->state;
	struct rows all;

	TRY(session_load(c));
	if (c->actor.user == 0)
		return FAIL(c, SESSION_MISSING, "the session ended meanwhile");
	TRY(load(c, &all));
	struct rows chosen = choose(c, &all, f->grant, f->application);
	if (chosen.count == 0) /* it has gone already, which is what was wanted */
		return reply_redirect(c, 303, local_url(c, S("/account/connections?revoked=1")));
	if (!str_eq(f->name, name_of(&chosen.row[0]))) {
		struct view_revoke *v = revoke_view(c, &chosen, f->grant);
		(void)FAIL(c, NAME_NOT_CONFIRMED, "%zu bytes that are not the name", f->name.n);
		v->words = str_of(err_row(ERR_NAME_NOT_CONFIRMED)->words);
		return refuse_page(c, PAGE_REVOKE, v, &v->id);
	}
	for (size_t i = 0; i < chosen.count; i++)
		TRY(end(c, &chosen.row[i]));
	return reply_redirect(c, 303, local_url(c, S("/account/connections?revoked=1")));
}

enum err connections_revoke(struct ctx *c)
{
	struct fields *f = NEW(c->mem, struct fields);

	TRY(fields_read(c, f));
	if (f->grant.n == 0 && f->application.n == 0)
		return FAIL(c, PARAM_MISSING, "grant or application");
	c->state = f;
	return NEED(c, LANE_WRITE, revoke);
}
