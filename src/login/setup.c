/* Making the first owner with the link that `serve` prints. */
#include "login/handlers.h"

#include "base/text.h"
#include "crypto/crypto.h"
#include "login/fields.h"
#include "login/first.h"
#include "login/link.h"
#include "login/password.h"
#include "login/refuse.h"
#include "login/session.h"
#include "store/audit.h"
#include "ui_gen.h"

#define NAME_MAX_BYTES 400

struct setup {
	struct fields form;
	struct link link;
	str email, phc;
};

/* While nobody owns this server, and with a link that is good. */
static enum err check(struct ctx *c, str token, struct link *link)
{
	bool done;

	TRY(owner_exists(c->db, c->mem, c->site->tenant.id, &done));
	if (done)
		return FAIL(c, SETUP_DONE, "an owner is there");
	return link_look(c, token, LINK_SETUP, link);
}

enum err setup_show(struct ctx *c)
{
	struct view_setup *v = NEW(c->mem, struct view_setup);
	struct link link;

	v->token = form_get(&c->query, S("token"));
	TRY(check(c, v->token, &link));
	v->csrf = form_token(c);
	return reply_page(c, 200, PAGE_SETUP, v);
}

static enum err refuse(struct ctx *c, const struct setup *s, str words)
{
	struct view_setup *v = NEW(c->mem, struct view_setup);

	(void)FAIL(c, FORM_VALUE, "%.*s", FMT(words));
	*v = (struct view_setup){ .csrf = form_token(c),
		.token = s->form.token,
		.email = s->form.email,
		.name = s->form.name,
		.words = words };
	return refuse_page(c, PAGE_SETUP, v, &v->id);
}

/* WRITE. */
static enum err make_owner(struct ctx *c)
{
	struct setup *s = c->state;
	int64_t user;

	TRY(link_take(c, &s->link, LINK_SETUP));
	enum err e =
	    owner_make(c->db, c->mem, c->site->tenant.id, c->now, s->email, s->form.name, s->phc, &user);
	if (e == ERR_SETUP_DONE)
		return FAIL(c, SETUP_DONE, "an owner was made just now");
	TRY(e);
	TRY(session_make(c, user, S("pwd")));
	TRY(audit_put(c, &(struct audit){ .event = S("auth.setup"), .user = user }));
	return reply_redirect(c, 303, local_url(c, S("/")));
}

/* HASH. */
static enum err hash(struct ctx *c)
{
	struct setup *s = c->state;

	TRY(pwhash_make(c->mem, secret_of(s->form.password), &s->phc));
	return NEED(c, LANE_WRITE, make_owner);
}

enum err setup_submit(struct ctx *c)
{
	struct setup *s = NEW(c->mem, struct setup);
	str fault;

	TRY(fields_read(c, &s->form));
	TRY(check(c, s->form.token, &s->link));
	s->form.email = str_trim(s->form.email);
	s->form.name = str_trim(s->form.name);
	if (text_email(c->mem, s->form.email, &s->email) != OK)
		return refuse(c, s, S("This is not an e-mail address."));
	if (s->form.name.n && !text_name_ok(s->form.name, NAME_MAX_BYTES))
		return refuse(c, s, S("The name has characters that cannot be shown."));
	fault = password_fault(s->form.password, s->form.confirm, s->email);
	if (fault.n)
		return refuse(c, s, fault);
	c->state = s;
	return NEED(c, LANE_HASH, hash);
}
