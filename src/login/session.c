#include "login/session.h"

#include "http/cookie.h"
#include "login/ticket.h"
#include "sql_gen.h"

#define TOUCH_SECONDS 3600 /* a row is not written at every click */

static str cookie_name(const struct ctx *c)
{
	return c->site->secure ? S("__Host-gh_session") : S("gh_session");
}

static void set_cookie(struct ctx *c, str value, int64_t max_age)
{
	reply_header(
	    c->reply, S("Set-Cookie"), cookie_write(c->mem, cookie_name(c), value, c->site->secure, max_age));
}

static enum err touch(struct ctx *c, int64_t id, str cookie)
{
	struct session_touch_in in = {
		.id = id, .tenant = c->site->tenant.id, .now = c->now, .expires = c->now + SESSION_SECONDS
	};

	if (c->lane != LANE_WRITE)
		return OK;
	TRY(q_session_touch(c->db, c->mem, &in, NULL));
	set_cookie(c, cookie, SESSION_SECONDS);
	return OK;
}

enum err session_load(struct ctx *c)
{
	str cookie = cookie_get(c->req, cookie_name(c));
	struct ticket t;
	struct session_get_out row;

	c->actor = (struct actor){ 0 };
	if (!ticket_parse(c->mem, TICKET_SESSION, cookie, &t))
		return OK;
	enum err e = q_session_get(
	    c->db, c->mem, &(struct session_get_in){ .id = t.id, .tenant = c->site->tenant.id }, &row);
	if (e == ERR_NOT_FOUND)
		return OK;
	TRY(e);
	if (!ticket_fits(&t, row.hash) || c->now >= row.expires || !str_eq(row.status, S("active")))
		return OK;
	bool stale = c->now - row.seen >= TOUCH_SECONDS;
	if (stale)
		TRY(touch(c, t.id, cookie));
	c->actor = (struct actor){
		.session = t.id,
		.sid = row.sid,
		.stale = stale && c->lane != LANE_WRITE,
		.user = row.user_id,
		.email = row.email,
		.name = row.name,
		.role = row.role,
		.auth_time = row.auth_time,
		.methods = row.methods,
	};
	return OK;
}

/* This browser's session, asked of the cookie, since a step that is run again finds c->actor changed. */
static bool own_ticket(struct ctx *c, struct ticket *t)
{
	return ticket_parse(c->mem, TICKET_SESSION, cookie_get(c->req, cookie_name(c)), t);
}

static enum err drop(struct ctx *c, const struct ticket *t)
{
	struct session_drop_in in = { .id = t->id, .tenant = c->site->tenant.id, .hash = t->hash };

	return q_session_drop(c->db, c->mem, &in, NULL);
}

/* The applications that were signed in to with it hear of its end. */
static enum err end(struct ctx *c, const struct ticket *t)
{
	struct logout_notice_put_in in = {
		.id = t->id, .tenant = c->site->tenant.id, .hash = t->hash, .now = c->now
	};

	TRY(q_logout_notice_put(c->db, c->mem, &in, NULL));
	return drop(c, t);
}

/*
 * What this browser had before a new sign-in goes. When the same person only signs in again, the applications stay signed
 * in, so *sid stays what it was; when it is somebody else, they are told.
 */
static enum err replace(struct ctx *c, int64_t user, int64_t *sid)
{
	struct session_get_out row;
	struct ticket t;

	if (!own_ticket(c, &t))
		return OK;
	enum err e = q_session_get(
	    c->db, c->mem, &(struct session_get_in){ .id = t.id, .tenant = c->site->tenant.id }, &row);
	if (e == ERR_NOT_FOUND)
		return OK;
	TRY(e);
	if (row.user_id != user || !ticket_fits(&t, row.hash) || c->now >= row.expires)
		return end(c, &t);
	*sid = row.sid;
	return drop(c, &t);
}

enum err session_make(struct ctx *c, int64_t user, str methods)
{
	int64_t tenant = c->site->tenant.id;
	struct user_by_id_out person;
	str text;
	struct ticket t = ticket_make(c->mem, TICKET_SESSION, c->now_ms, &text);
	struct session_put_in in = {
		.id = t.id,
		.tenant = tenant,
		.hash = t.hash,
		.user_id = user,
		.now = c->now,
		.expires = c->now + SESSION_SECONDS,
		.methods = methods,
		.sid = t.id,
	};

	TRY(q_user_by_id(c->db, c->mem, &(struct user_by_id_in){ .tenant = tenant, .id = user }, &person));
	TRY(replace(c, user, &in.sid));
	TRY(q_session_put(c->db, c->mem, &in, NULL));
	set_cookie(c, text, SESSION_SECONDS);
	c->actor = (struct actor){
		.session = t.id,
		.sid = in.sid,
		.user = user,
		.email = person.email,
		.name = person.name,
		.role = person.role,
		.auth_time = c->now,
		.methods = methods,
	};
	return OK;
}

enum err session_end(struct ctx *c)
{
	struct ticket t;

	if (own_ticket(c, &t))
		TRY(end(c, &t));
	set_cookie(c, S(""), 0);
	return OK;
}

enum err session_end_others(struct ctx *c, int64_t user, int64_t keep)
{
	struct logout_notice_put_others_in tell = {
		.tenant = c->site->tenant.id, .user_id = user, .keep = keep, .now = c->now
	};
	struct session_drop_others_in in = { .tenant = c->site->tenant.id, .user_id = user, .keep = keep };

	TRY(q_logout_notice_put_others(c->db, c->mem, &tell, NULL));
	return q_session_drop_others(c->db, c->mem, &in, NULL);
}
