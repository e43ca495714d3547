#include "login/rig.h"

#include "base/enc.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "login/link.h"
#include "login/session.h"

#include <stdio.h>

static const struct scope_word weather_words[] = {
	{ S_INIT("weather:read"), S_INIT("See forecasts") },
	{ S_INIT("weather:write"), S_INIT("Change stations") },
};

static const struct resource resources[] = {
	{ .path = S_INIT("/weather/mcp"),
	    .identifier = S_INIT("http://localhost:8080/weather/mcp"),
	    .name = S_INIT("Weather"),
	    .words = weather_words,
	    .word_count = COUNT(weather_words) },
};

struct rig *rig_new(const char *base_url)
{
	static int number;
	char url[64];
	struct arena *mem = arena_new(1 << 24);
	struct rig *r = NEW(mem, struct rig);

	assert_int_equal(crypto_start(), OK);
	snprintf(url, sizeof url, "sqlite::memory:login-%d", number++);
	r->mem = mem;
	r->now = NOW;
	r->peer = S("203.0.113.7");
	r->host = S("localhost:8080");
	r->browser = S("browser-one");
	assert_int_equal(db_open(str_of(url), DB_WRITE, &r->write), OK);
	assert_int_equal(db_migrate(r->write), OK);
	assert_int_equal(db_open(str_of(url), DB_READ, &r->read), OK);
	r->config = (struct config){ .base_url = str_of(base_url), .access_ttl = 600 };
	r->site = (struct site){
		.config = &r->config,
		.secure = str_starts(str_of(base_url), S("https:")),
		.resources = resources,
		.resource_count = COUNT(resources),
		.key_form = { (const unsigned char *)"0123456789abcdef0123456789abcdef", 32 },
	};
	assert_int_equal(tenant_ensure(r->write, mem, r->now, str_of(base_url), &r->site.tenant), OK);
	return r;
}

void rig_free(struct rig *r)
{
	db_close(r->read);
	db_close(r->write);
	arena_unref(r->mem);
}

struct job {
	struct ctx *c;
	enum err (*step)(struct ctx *c);
};

static enum err run_write(struct db *db, void *arg)
{
	struct job *j = arg;

	j->c->db = db;
	return j->step(j->c);
}

static enum err run(struct rig *r, enum err (*step)(struct ctx *c), enum lane lane)
{
	struct ctx *c = &r->c;

	c->lane = lane;
	c->db = lane == LANE_READ ? r->read : NULL;
	r->hashes += lane == LANE_HASH;
	if (lane != LANE_WRITE)
		return step(c);
	size_t told = r->reply.header_count;
	enum err e = db_do(r->write, run_write, &(struct job){ c, step });
	if (e != OK && err_row(e)->kind == ERR_KIND_FAULT) /* as app/lanes.c does */
		r->reply.header_count = told;
	return e;
}

static str cookies(struct rig *r)
{
	const char *name = r->site.secure ? "__Host-gh_" : "gh_";

	return arena_printf(r->mem, "%sbrowser=%.*s%s%s%s%.*s", name, FMT(r->browser),
	    r->session.n ? "; " : "", r->session.n ? name : "", r->session.n ? "session=" : "",
	    FMT(r->session));
}

/* The browser keeps what it is told to. */
static void keep(struct rig *r)
{
	str name = r->site.secure ? S("__Host-gh_session=") : S("gh_session=");

	for (size_t i = 0; i < r->reply.header_count; i++) {
		str value, rest;
		if (!str_ieq(r->reply.headers[i].name, S("Set-Cookie")) ||
		    !str_starts(r->reply.headers[i].value, name))
			continue;
		(void)str_cut(str_sub(r->reply.headers[i].value, name.n, r->reply.headers[i].value.n), ';',
		    &value, &rest);
		r->session = str_find(rest, S("Max-Age=0")) >= 0 ? S("") : value;
	}
}

void rig_ask(struct rig *r, enum err (*step)(struct ctx *c), str query, str form)
{
	struct http_header *headers = NEW_ARRAY(r->mem, struct http_header, 2);

	headers[0] = (struct http_header){ S("Host"), r->host };
	headers[1] = (struct http_header){ S("Cookie"), cookies(r) };
	r->req = (struct http_req){ .headers = headers,
		.header_count = 2,
		.host = r->host,
		.peer = r->peer,
		.path = S("/"),
		.query = query,
		.body = form };
	r->reply = (struct http_reply){ 0 };
	r->c = (struct ctx){
		.mem = r->mem,
		.now = r->now,
		.now_ms = r->now * 1000,
		.site = &r->site,
		.req = &r->req,
		.reply = &r->reply,
		.style = STYLE_PAGE,
		.browser = secret_of(r->browser),
	};
	r->e = form_parse(r->mem, query, &r->c.query);
	if (r->e == OK)
		r->e = form_parse(r->mem, form, &r->c.form);
	if (r->e == OK)
		r->e = run(r, session_load, LANE_READ);
	if (r->e != OK)
		return;
	r->e = run(r, step, LANE_READ);
	while (r->e == ERR_NEED)
		r->e = run(r, r->c.next, r->c.need);
	keep(r);
}

str rig_header(const struct rig *r, str name)
{
	for (size_t i = 0; i < r->reply.header_count; i++)
		if (str_ieq(r->reply.headers[i].name, name))
			return r->reply.headers[i].value;
	return S("");
}

void rig_write(struct rig *r, enum err (*fn)(struct db *db, void *arg), void *arg)
{
	assert_int_equal(db_do(r->write, fn, arg), OK);
}

struct person {
	struct rig *r;
	str email, phc;
	int64_t id;
};

static enum err put_owner(struct db *db, void *arg)
{
	struct person *p = arg;

	return owner_make(
	    db, p->r->mem, p->r->site.tenant.id, p->r->now, p->email, S("Olive Owner"), p->phc, &p->id);
}

int64_t rig_owner(struct rig *r)
{
	struct person p = { .r = r, .email = OLIVE };

	assert_int_equal(pwhash_make(r->mem, secret_of(PASSWORD), &p.phc), OK);
	rig_write(r, put_owner, &p);
	return p.id;
}

static enum err put_member(struct db *db, void *arg)
{
	struct person *p = arg;
	bool made;

	TRY(person_ensure(db, p->r->mem, p->r->site.tenant.id, p->r->now, p->email, &p->id, &made));
	if (p->phc.n == 0)
		return OK;
	struct user_set_password_in in = {
		.id = p->id, .tenant = p->r->site.tenant.id, .password = p->phc, .now = p->r->now
	};
	return q_user_set_password(db, p->r->mem, &in, NULL);
}

int64_t rig_member(struct rig *r, str email, str password)
{
	struct person p = { .r = r, .email = email };

	if (password.n)
		assert_int_equal(pwhash_make(r->mem, secret_of(password), &p.phc), OK);
	rig_write(r, put_member, &p);
	return p.id;
}

struct made {
	struct rig *r;
	int64_t user; /* 0: nobody yet */
	str url;
};

static enum err make_link(struct db *db, void *arg)
{
	struct made *m = arg;
	struct rig *r = m->r;
	int64_t tenant = r->site.tenant.id;

	return m->user
	    ? login_link_make(db, r->mem, tenant, r->now, r->config.base_url, m->user, LINK_SECONDS, &m->url)
	    : setup_link_make(db, r->mem, tenant, r->now, r->config.base_url, &m->url);
}

static str link_of(struct rig *r, int64_t user, const char *path)
{
	struct made m = { .r = r, .user = user };
	str head = arena_printf(r->mem, "%.*s/%s?", FMT(r->config.base_url), path);

	rig_write(r, make_link, &m);
	assert_true(str_starts(m.url, head));
	str query = str_sub(m.url, head.n, m.url.n);
	assert_true(str_starts(query, S("token=gh_ln_")));
	return query;
}

str rig_setup_link(struct rig *r)
{
	return link_of(r, 0, "setup");
}

str rig_login_link(struct rig *r, int64_t user)
{
	return link_of(r, user, "link");
}

str rig_enc(struct rig *r, str value)
{
	return percent_encode(r->mem, value);
}

void rig_login(struct rig *r, str email, str password)
{
	rig_ask(r, login_submit, S(""),
	    arena_printf(
		r->mem, "email=%.*s&password=%.*s", FMT(rig_enc(r, email)), FMT(rig_enc(r, password))));
}

struct grant {
	struct rig *r;
	int64_t id, user;
	str client_name, resource, scope, host;
};

static enum err put_grant(struct db *db, void *arg)
{
	struct grant *g = arg;
	struct rig *r = g->r;
	str client_id = arena_printf(r->mem, "client-%lld", (long long)g->id);
	struct client_put_in client = { .id = g->id,
		.tenant = r->site.tenant.id,
		.hash = sha256_str(r->mem, client_id),
		.client_id = client_id,
		.name = g->client_name,
		.origin = S("registered"),
		.auth_method = S("none"),
		.now = r->now };
	struct grant_put_in grant = { .id = g->id,
		.tenant = r->site.tenant.id,
		.user_id = g->user,
		.client = g->id,
		.resource = g->resource,
		.scope = g->scope,
		.redirect_host = g->host,
		.now = r->now,
		.expires = r->now + 30 * 86400 };

	TRY(q_client_put(db, r->mem, &client, NULL));
	return q_grant_put(db, r->mem, &grant, NULL);
}

int64_t rig_grant(struct rig *r, int64_t user, str client_name, str resource, str scope, str redirect_host)
{
	struct grant g = { r, id_make(r->now * 1000, rand_u32()), user, client_name, resource, scope,
		redirect_host };

	rig_write(r, put_grant, &g);
	return g.id;
}

size_t rig_audits(struct rig *r, str event)
{
	const struct audit_list_out *rows;
	struct audit_list_in in = { .tenant = r->site.tenant.id, .event = event, .limit = 1000 };
	size_t count, n = 0;

	assert_int_equal(q_audit_list(r->read, r->mem, &in, &rows, &count), OK);
	for (size_t i = 0; i < count; i++)
		n += str_eq(rows[i].event, event);
	return n;
}

static enum err nothing(struct ctx *c)
{
	c->reply->status = 200;
	return OK;
}

struct actor rig_actor(struct rig *r)
{
	rig_ask(r, nothing, S(""), S(""));
	return r->c.actor;
}
