/* The sign-in with a password: look, count the attempt, compare, decide. Known and unknown addresses take the same way. */
#include "login/handlers.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "login/after.h"
#include "store/attempt.h"
#include "login/fields.h"
#include "login/refuse.h"
#include "login/session.h"
#include "sql_gen.h"
#include "store/audit.h"
#include "ui_gen.h"

#define EMAIL_HINT_MAX 254

/* A sign-in under way, from step to step. */
struct login {
	struct fields form;
	struct after after;
	str email; /* canonical; what was typed where that is no address */
	bool known;
	struct user_by_email_out user;
	struct attempt attempt;
	bool fits;
	str rehashed; /* the same password under today's costs; empty when it has them */
};

static struct view_login *view_make(struct ctx *c, const struct after *after)
{
	struct view_login *v = NEW(c->mem, struct view_login);

	*v = (struct view_login){
		.csrf = form_token(c), .txn = after->txn, .next = after->next, .person = c->actor.email
	};
	return v;
}

enum err login_show(struct ctx *c)
{
	struct after after = after_read(&c->query);

	/* With an authorization, or by "Not you?", it was sent here on purpose: to sign in again, or as somebody else. */
	bool other = form_get(&c->query, S("other")).n > 0;
	if (c->actor.user && after.txn.n == 0 && !other)
		return reply_redirect(c, 303, after_url(c, &after));
	struct view_login *v = view_make(c, &after);
	if (after.txn.n) /* only an application's own sign-in has a word on who it is for */
		v->email = str_sub(form_get(&c->query, S("login_hint")), 0, EMAIL_HINT_MAX);
	return reply_page(c, 200, PAGE_LOGIN, v);
}

static enum err refuse(struct ctx *c, const struct login *l, str words)
{
	struct view_login *v = view_make(c, &l->after);

	v->email = l->form.email;
	v->words = words;
	return refuse_page(c, PAGE_LOGIN, v, &v->id);
}

static enum err audit_login(struct ctx *c, const struct login *l, str event)
{
	return audit_put(c, &(struct audit){ .event = event, .user = l->known ? l->user.id : 0 });
}

/* Looks again at what was found before the long wait: the person may have been blocked, or the password changed. */
static enum err still_fits(struct ctx *c, const struct login *l, bool *out)
{
	struct user_by_id_out now;

	*out = false;
	if (!l->fits || !l->known)
		return OK;
	enum err e = q_user_by_id(
	    c->db, c->mem, &(struct user_by_id_in){ .tenant = c->site->tenant.id, .id = l->user.id }, &now);
	if (e == ERR_NOT_FOUND)
		return OK;
	TRY(e);
	*out = str_eq(now.status, S("active")) && str_eq(now.password, l->user.password);
	return OK;
}

static enum err sign_in(struct ctx *c, const struct login *l)
{
	int64_t tenant = c->site->tenant.id;

	TRY(attempt_good(c, &l->attempt));
	TRY(session_make(c, l->user.id, S("pwd")));
	TRY(q_user_signed_in(c->db, c->mem,
	    &(struct user_signed_in_in){ .id = l->user.id, .tenant = tenant, .now = c->now }, NULL));
	if (l->rehashed.n) {
		struct user_set_password_in in = {
			.id = l->user.id, .tenant = tenant, .password = l->rehashed, .now = c->now
		};
		TRY(q_user_set_password(c->db, c->mem, &in, NULL));
	}
	TRY(audit_login(c, l, S("auth.login")));
	return reply_redirect(c, 303, after_url(c, &l->after));
}

/* WRITE. */
static enum err finish(struct ctx *c)
{
	const struct login *l = c->state;
	bool good;

	TRY(still_fits(c, l, &good));
	if (good)
		return sign_in(c, l);
	TRY(audit_login(c, l, S("auth.login.refused")));
	/* The same detail for known and unknown addresses: whoever has the id of the refusal may read it. */
	(void)FAIL(c, PASSWORD_WRONG, "attempt %lld at this address", (long long)l->attempt.account_count);
	return refuse(c, l, str_of(err_row(ERR_PASSWORD_WRONG)->words));
}

/* HASH. Nobody's password costs the same time as somebody's. */
static enum err verify(struct ctx *c)
{
	struct login *l = c->state;
	struct secret typed = secret_of(l->form.password);

	l->fits = pwhash_fits(typed, l->user.password) && l->known;
	if (l->fits && pwhash_stale(l->user.password))
		TRY(pwhash_make(c->mem, typed, &l->rehashed));
	return NEED(c, LANE_WRITE, finish);
}

/* WRITE. The attempt is counted and committed before anything is compared. */
static enum err reserve(struct ctx *c)
{
	struct login *l = c->state;
	enum err e = attempt_reserve(c, l->email, &l->attempt);

	if (e != ERR_THROTTLED) {
		TRY(e);
		return NEED(c, LANE_HASH, verify);
	}
	TRY(audit_login(c, l, S("auth.login.throttled")));
	long long wait = (long long)l->attempt.wait;
	reply_header(c->reply, S("Retry-After"), arena_printf(c->mem, "%lld", wait));
	return refuse(c, l,
	    arena_printf(
		c->mem, "Too many attempts. Wait %lld second%s and try again.", wait, wait == 1 ? "" : "s"));
}

enum err login_submit(struct ctx *c)
{
	struct login *l = NEW(c->mem, struct login);

	TRY(fields_read(c, &l->form));
	l->after = after_read(&c->form);
	l->form.email = str_trim(l->form.email);
	if (l->form.email.n == 0 || l->form.password.n == 0) {
		(void)FAIL(c, FORM_VALUE, "email or password empty");
		return refuse(c, l, S("Type your e-mail address and your password."));
	}
	if (text_email(c->mem, l->form.email, &l->email) != OK)
		l->email = l->form.email;
	struct user_by_email_in in = { .tenant = c->site->tenant.id, .email = l->email };
	enum err e = q_user_by_email(c->db, c->mem, &in, &l->user);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	l->known = e == OK;
	if (!l->known)
		l->user = (struct user_by_email_out){ 0 };
	c->state = l;
	return NEED(c, LANE_WRITE, reserve);
}
