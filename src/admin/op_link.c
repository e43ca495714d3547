#include "admin/authorize.h"
#include "admin/op.h"
#include "admin/op_user.h"
#include "admin/shape.h"
#include "base/id.h"
#include "base/text.h"
#include "login/link.h"
#include "ops_gen.h"

/* A link signs in: one to somebody above oneself would be their power. */
static enum err check_rank(struct ctx *c, str role)
{
	if (role_rank_of(role) <= role_rank(&c->actor))
		return OK;
	enum err e =
	    FAIL(c, NO_PERMISSION, "a link for an %.*s asked for by %.*s", FMT(role), FMT(c->actor.role));
	c->fail.say = S("Your role may not make a link for a person of a higher one.");
	return e;
}

static enum err find_or_put(struct ctx *c, str email, str name, int64_t *user, bool *created)
{
	struct op_user_by_email_in in = { .tenant = c->site->tenant.id, .email = email };
	struct op_user_by_email_out row;
	str host;

	*created = false;
	enum err e = q_op_user_by_email(c->db, c->mem, &in, &row);
	if (e == OK) {
		*user = row.id;
		TRY(check_rank(c, row.role));
		if (str_eq(row.status, S("active")))
			return OK;
		e = FAIL(c, OP_PRECONDITION, "status %.*s", FMT(row.status));
		c->fail.say = S("This person may not sign in any more, so a link would not work.");
		return e;
	}
	if (e != ERR_NOT_FOUND)
		return e;
	if (!name.n)
		str_cut(email, '@', &name, &host);
	*created = true;
	return op_user_put(c, email, name, S("member"), user);
}

enum err op_link_create(struct ctx *c, const struct op_call *q, struct jout *j)
{
	str email, name = op_text(q, S("name")), url;
	int64_t user;
	bool created;

	if (text_email(c->mem, op_text(q, S("email")), &email) != OK)
		return FAIL(c, OP_ARGUMENTS, "email");
	if (name.n && !text_name_ok(name, 1020))
		return FAIL(c, OP_ARGUMENTS, "name with signs that are not shown");
	TRY(find_or_put(c, email, name, &user, &created));
	TRY(login_link_make(
	    c->db, c->mem, c->site->tenant.id, c->now, c->site->tenant.issuer, user, LINK_SECONDS, &url));
	jout_str(j, S("user_id"), id_text(c->mem, ID_USER, user));
	jout_str(j, S("email"), email);
	jout_bool(j, S("created"), created);
	jout_str(j, S("sign_in_link"), url);
	shape_time(j, S("expires_at"), c->mem, c->now + LINK_SECONDS);
	return OK;
}
