/*
 * op_rig: two tenants in a store in memory, people of every role, and a runner that takes steps through their lanes as app
 * does. For the tests of admin/ and mcp/. Header only, since two folders use it.
 */
#ifndef TEST_OP_RIG_H
#define TEST_OP_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "admin/authorize.h"
#include "admin/management.h"
#include "admin/op.h"
#include "admin/shape.h"
#include "base/id.h"
#include "base/log.h"
#include "core/config_bind.h"
#include "core/recorder.h"
#include "core/site.h"
#include "crypto/crypto.h"
#include "login/first.h"
#include "sql_gen.h"
#include "store/db.h"

#define RIG static __attribute__((unused))
#define RIG_NOW 1795000000 /* some day in November 2026 */
#define RIG_ALL "users:read users:write clients:read clients:write resources:read resources:write audit:read"
#define ISSUER "https://auth.example"

struct rig {
	struct arena *mem;
	struct db *read, *write;
	struct config config;
	struct site site;
	struct resource resources[3];
	int64_t owner, admin, member, stranger; /* the stranger is of the other tenant */
	int64_t other_tenant;
	int64_t grant_member, grant_owner, grant_stranger;
	struct actor actor;
	bool through_token; /* also for what is no tool */
	/* of the last run */
	struct ctx c;
	struct http_req req;
	struct http_reply reply;
	struct buf out;
	enum err e;
};

/* One write in its own transaction. */
struct rig_job {
	struct rig *r;
	enum err (*run)(struct rig *r, struct db *db, void *arg);
	void *arg;
};

RIG enum err rig_job_run(struct db *db, void *arg)
{
	struct rig_job *j = arg;

	return j->run(j->r, db, j->arg);
}

RIG void rig_do(struct rig *r, enum err (*run)(struct rig *r, struct db *db, void *arg), void *arg)
{
	struct rig_job j = { r, run, arg };

	assert_int_equal(db_do(r->write, rig_job_run, &j), OK);
}

struct rig_person {
	int64_t tenant, id;
	str email, name, role;
};

RIG enum err rig_put_person(struct rig *r, struct db *db, void *arg)
{
	struct rig_person *p = arg;
	struct op_user_put_in in = { .id = p->id,
		.tenant = p->tenant,
		.email = p->email,
		.name = p->name,
		.role = p->role,
		.now = RIG_NOW - 100 };

	return q_op_user_put(db, r->mem, &in, NULL);
}

RIG int64_t rig_person(struct rig *r, int64_t tenant, str email, str name, str role)
{
	struct rig_person p = { tenant, id_make(RIG_NOW * INT64_C(1000), rand_u32()), email, name, role };

	rig_do(r, rig_put_person, &p);
	return p.id;
}

struct rig_grant {
	int64_t tenant, id, user;
	str name;
};

RIG enum err rig_put_grant(struct rig *r, struct db *db, void *arg)
{
	struct rig_grant *g = arg;
	str client_id = arena_printf(r->mem, "client-%lld", (long long)g->id);
	struct client_put_in client = { .id = g->id,
		.tenant = g->tenant,
		.hash = sha256_str(r->mem, client_id),
		.client_id = client_id,
		.name = g->name,
		.origin = S("registered"),
		.auth_method = S("none"),
		.now = RIG_NOW };
	struct grant_put_in grant = { .id = g->id,
		.tenant = g->tenant,
		.user_id = g->user,
		.client = g->id,
		.resource = S(ISSUER "/mcp"),
		.scope = S("users:read audit:read"),
		.redirect_host = S("localhost"),
		.now = RIG_NOW,
		.expires = RIG_NOW + 86400 };

	TRY(q_client_put(db, r->mem, &client, NULL));
	return q_grant_put(db, r->mem, &grant, NULL);
}

RIG int64_t rig_grant(struct rig *r, int64_t tenant, int64_t user, str name)
{
	struct rig_grant g = { tenant, id_make(RIG_NOW * INT64_C(1000), rand_u32()), user, name };

	rig_do(r, rig_put_grant, &g);
	return g.id;
}

RIG enum err rig_put_tenant(struct rig *r, struct db *db, void *arg)
{
	int64_t id = *(int64_t *)arg;
	struct account_put_in account = { .id = id + 1, .name = S("Other"), .now = RIG_NOW };
	struct tenant_put_in tenant = { .id = id,
		.account = id + 1,
		.slug = S("other"),
		.name = S("Other"),
		.settings = S("{}"),
		.now = RIG_NOW };

	TRY(q_account_put(db, r->mem, &account, NULL));
	return q_tenant_put(db, r->mem, &tenant, NULL);
}

RIG str rig_env(void *arg, str name)
{
	(void)arg;
	(void)name;
	return (str){ NULL, 0 };
}

RIG void rig_people(struct rig *r)
{
	int64_t t = r->site.tenant.id;

	r->owner = rig_person(r, t, S("olive@example.com"), S("Olive"), S("owner"));
	r->admin = rig_person(r, t, S("adam@example.com"), S("Adam"), S("admin"));
	r->member = rig_person(r, t, S("mia@example.com"), S("Mia 100%"), S("member"));
	r->other_tenant = id_make(RIG_NOW * INT64_C(1000), rand_u32());
	rig_do(r, rig_put_tenant, &r->other_tenant);
	r->stranger = rig_person(r, r->other_tenant, S("zoe@elsewhere.example"), S("Zoe"), S("owner"));
	r->grant_member = rig_grant(r, t, r->member, S("Claude Code"));
	r->grant_owner = rig_grant(r, t, r->owner, S("Cursor"));
	r->grant_stranger = rig_grant(r, r->other_tenant, r->stranger, S("Elsewhere"));
}

RIG struct rig *rig_new(void)
{
	static int number;
	struct arena *mem = arena_new(1 << 26);
	struct rig *r = NEW(mem, struct rig);
	struct config_input in = { .port = { .env = rig_env } };
	struct config_problem problem;
	str url = arena_printf(mem, "sqlite::memory:ops-%d", number++);

	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(crypto_start(), OK);
	r->mem = mem;
	assert_int_equal(db_open(url, DB_WRITE, &r->write), OK);
	assert_int_equal(db_migrate(r->write), OK);
	assert_int_equal(db_open(url, DB_READ, &r->read), OK);
	assert_int_equal(config_bind(mem, &in, &r->config, &problem), OK);
	r->resources[0] = management_resource(mem, &r->config, S(ISSUER));
	r->resources[1] = (struct resource){ .path = S("/weather/mcp"),
		.identifier = S(ISSUER "/weather/mcp"),
		.name = S("weather"),
		.upstream = S("http://127.0.0.1:9000/mcp"),
		.declared = true,
		.scopes = S("mcp:tools"),
		.required = S("mcp:tools") };
	r->site = (struct site){ .mem = mem,
		.config = &r->config,
		.secure = true,
		.resources = r->resources,
		.resource_count = 2 };
	assert_int_equal(tenant_ensure(r->write, mem, RIG_NOW, S(ISSUER), &r->site.tenant), OK);
	rig_people(r);
	return r;
}

RIG void rig_free(struct rig *r)
{
	buf_free(&r->out);
	db_close(r->read);
	db_close(r->write);
	arena_unref(r->mem);
}

/* The bearer of a token for the management server. */
RIG void rig_as(struct rig *r, const char *role, const char *scope)
{
	str name = str_of(role);

	r->actor = (struct actor){ .email = S("somebody@example.com"),
		.name = S("Somebody"),
		.role = name,
		.scope = str_of(scope),
		.resource = &r->resources[0] };
	r->actor.user = str_eq(name, S("owner")) ? r->owner : str_eq(name, S("admin")) ? r->admin : r->member;
	r->actor.grant = str_eq(name, S("member")) ? r->grant_member : 0;
}

/* The control socket. */
RIG void rig_as_os(struct rig *r)
{
	r->actor = (struct actor){ .os = true, .name = S("root") };
}

RIG void rig_begin(struct rig *r)
{
	r->reply = (struct http_reply){ 0 };
	r->c = (struct ctx){ .mem = r->mem,
		.now = RIG_NOW,
		.now_ms = RIG_NOW * INT64_C(1000),
		.site = &r->site,
		.reply = &r->reply,
		.actor = r->actor };
}

struct rig_op {
	struct rig *r;
	str name;
	const struct json *args;
};

RIG enum err rig_op_write(struct rig *r, struct db *db, void *arg)
{
	struct rig_op *o = arg;

	r->c.db = db;
	r->c.effects = NULL;
	buf_free(&r->out);
	r->out = (struct buf)BUF(r->mem);
	r->e = op_run(&r->c, o->name, o->args, &r->out);
	return r->e;
}

/* Runs an operation on its lane; the outcome is in r->e, r->out and r->c.fail. args: JSON text, or NULL. */
RIG enum err rig_op(struct rig *r, const char *name, const char *args)
{
	struct rig_op o = { .r = r, .name = str_of(name) };
	const struct op *op = op_find(o.name);
	struct rig_job j = { r, rig_op_write, &o };

	if (args)
		assert_int_equal(json_parse(r->mem, str_of(args), &o.args, NULL), OK);
	rig_begin(r);
	if (op && !op->mcp && !r->through_token)
		r->c.actor.resource = NULL; /* as a face that is no token would */
	if (op && op_lane(op) == LANE_WRITE)
		r->e = db_do(r->write, rig_job_run, &j);
	else
		(void)rig_op_write(r, r->read, &o);
	return r->e;
}

/* What a caller would read. */
RIG str rig_text(struct rig *r)
{
	struct buf b = BUF(r->mem);

	if (r->e == OK)
		return buf_str(&r->out);
	op_error_write(&r->c, r->e, &b);
	return buf_str(&b);
}

RIG str rig_id(struct rig *r, const char *prefix, int64_t id)
{
	return id_text(r->mem, prefix, id);
}

RIG bool rig_says(struct rig *r, const char *needle)
{
	return str_find(rig_text(r), str_of(needle)) >= 0;
}

/* One step on its lane, and those that it asks for. */
struct rig_step {
	enum err (*step)(struct ctx *c);
};

RIG enum err rig_step_write(struct rig *r, struct db *db, void *arg)
{
	r->c.db = db;
	r->c.effects = NULL;
	return ((struct rig_step *)arg)->step(&r->c);
}

RIG void rig_run(struct rig *r, enum err (*first)(struct ctx *c), enum lane lane)
{
	struct rig_step s = { first };

	for (;;) {
		r->c.lane = lane;
		r->c.db = lane == LANE_READ ? r->read : NULL;
		r->e = lane == LANE_WRITE
		    ? db_do(r->write, rig_job_run, &(struct rig_job){ r, rig_step_write, &s })
		    : s.step(&r->c);
		if (r->e != ERR_NEED)
			return;
		s.step = r->c.next;
		lane = r->c.need;
	}
}

#endif
