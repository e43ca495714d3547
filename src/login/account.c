/* One's own account: who one is, and a new password. */
#include "login/handlers.h"

#include "crypto/crypto.h"
#include "store/attempt.h"
#include "login/fields.h"
#include "login/password.h"
#include "login/refuse.h"
#include "login/session.h"
#include "sql_gen.h"
#include "store/audit.h"
#include "ui_gen.h"

#define LINK_GRACE 600 /* seconds after a sign-in by link in which the old password is not asked for */

struct change {
	struct fields form;
	struct user_by_id_out user;
	struct attempt attempt;
	bool ask; /* the current password must fit */
	bool fits;
	str phc;
};

/* Who has lost the password came by a link and cannot give it. */
static bool asks_current(const struct ctx *c)
{
	return !(str_list_has(c->actor.methods, ' ', S("link")) && c->now - c->actor.auth_time <= LINK_GRACE);
}

static struct view_account *view_make(struct ctx *c)
{
	struct view_account *v = NEW(c->mem, struct view_account);

	*v = (struct view_account){
		.csrf = form_token(c),
		.person = c->actor.email,
		.name = c->actor.name,
		.role = c->actor.role,
		.current = asks_current(c),
	};
	return v;
}

enum err account_show(struct ctx *c)
{
	struct view_account *v = view_make(c);

	v->done = str_eq(form_get(&c->query, S("done")), S("1"));
	return reply_page(c, 200, PAGE_ACCOUNT, v);
}

static enum err refuse(struct ctx *c, str words)
{
	struct view_account *v = view_make(c);

	v->words = words;
	return refuse_page(c, PAGE_ACCOUNT, v, &v->id);
}

/* WRITE. */
static enum err finish(struct ctx *c)
{
	struct change *h = c->state;
	struct user_set_password_in in = {
		.id = c->actor.user, .tenant = c->site->tenant.id, .password = h->phc, .now = c->now
	};
	struct user_by_id_out now;

	if (h->ask && !h->fits) {
		TRY(audit_put(c, &(struct audit){ .event = S("auth.password.refused"), .user = in.id }));
		(void)FAIL(c, PASSWORD_WRONG, "the current password, attempt %lld",
		    (long long)h->attempt.account_count);
		return refuse(c, S("The current password is not right."));
	}
	TRY(q_user_by_id(c->db, c->mem, &(struct user_by_id_in){ .tenant = in.tenant, .id = in.id }, &now));
	if (!str_eq(now.password, h->user.password)) {
		(void)FAIL(c, FORM_VALUE, "the password was changed meanwhile");
		return refuse(c, S("The password was changed somewhere else just now."));
	}
	if (h->ask)
		TRY(attempt_good(c, &h->attempt));
	TRY(q_user_set_password(c->db, c->mem, &in, NULL));
	TRY(session_end_others(c, in.id, c->actor.session));
	TRY(q_link_drop_user(
	    c->db, c->mem, &(struct link_drop_user_in){ .tenant = in.tenant, .user_id = in.id }, NULL));
	TRY(audit_put(c, &(struct audit){ .event = S("auth.password.change"), .user = in.id }));
	return reply_redirect(c, 303, local_url(c, S("/account?done=1")));
}

/* HASH. */
static enum err compute(struct ctx *c)
{
	struct change *h = c->state;

	h->fits = h->ask && pwhash_fits(secret_of(h->form.current), h->user.password);
	if (h->fits || !h->ask)
		TRY(pwhash_make(c->mem, secret_of(h->form.password), &h->phc));
	return NEED(c, LANE_WRITE, finish);
}

/* WRITE. Who sits down at somebody's open browser guesses no faster here than at the sign-in. */
static enum err reserve(struct ctx *c)
{
	struct change *h = c->state;
	enum err e = attempt_reserve(c, c->actor.email, &h->attempt);

	if (e != ERR_THROTTLED) {
		TRY(e);
		return NEED(c, LANE_HASH, compute);
	}
	reply_header(c->reply, S("Retry-After"), arena_printf(c->mem, "%lld", (long long)h->attempt.wait));
	return refuse(c, str_of(err_row(ERR_THROTTLED)->words));
}

enum err account_submit(struct ctx *c)
{
	struct change *h = NEW(c->mem, struct change);

	TRY(fields_read(c, &h->form));
	TRY(q_user_by_id(c->db, c->mem,
	    &(struct user_by_id_in){ .tenant = c->site->tenant.id, .id = c->actor.user }, &h->user));
	str fault = password_fault(h->form.password, h->form.confirm, h->user.email);
	if (fault.n) {
		(void)FAIL(c, FORM_VALUE, "%.*s", FMT(fault));
		return refuse(c, fault);
	}
	h->ask = asks_current(c);
	if (h->ask && h->form.current.n == 0) {
		(void)FAIL(c, FORM_VALUE, "current password empty");
		return refuse(c, S("Type your current password too."));
	}
	c->state = h;
	return h->ask ? NEED(c, LANE_WRITE, reserve) : NEED(c, LANE_HASH, compute);
}
