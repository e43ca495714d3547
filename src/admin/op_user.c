#include "admin/authorize.h"
#include "admin/op.h"
#include "admin/op_user.h"
#include "admin/shape.h"
#include "base/id.h"
#include "base/text.h"
#include "base/time.h"
#include "crypto/crypto.h"
#include "login/link.h"
#include "ops_gen.h"

/* What a LIKE takes for a substring, lower case; '!' takes the meaning from its signs. */
static str pattern_of(struct arena *mem, str search)
{
	struct buf b = BUF(mem);

	buf_char(&b, '%');
	for (size_t i = 0; i < search.n; i++) {
		char ch = search.p[i];
		if (ch == '%' || ch == '_' || ch == '!')
			buf_char(&b, '!');
		buf_char(&b, ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch);
	}
	buf_char(&b, '%');
	return buf_str(&b);
}

/* The tools' words to the store's. Nobody is inactive yet, and no row has that word: the answer is an empty list. */
static str status_of(str asked)
{
	return str_eq(asked, S("suspended")) ? S("blocked") : asked;
}

enum err op_user_list(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct op_users_in in = {
		.tenant = c->site->tenant.id,
		.pattern = pattern_of(c->mem, op_text(q, S("search"))),
		.status = status_of(op_text(q, S("status"))),
		.limit = op_number(q, S("limit")),
		.offset = op_number(q, S("offset")),
	};
	struct op_users_count_in count_in = {
		.tenant = in.tenant, .pattern = in.pattern, .status = in.status
	};
	struct op_users_count_out all;
	const struct op_users_out *rows;
	size_t count;

	TRY(shape_tenant(c, q));
	TRY(q_op_users(c->db, c->mem, &in, &rows, &count));
	TRY(q_op_users_count(c->db, c->mem, &count_in, &all));
	jout_array(j, S("users"));
	for (size_t i = 0; i < count; i++) {
		struct shape_user u = SHAPE_USER(rows[i]);
		jout_object(j, S(""));
		shape_user(c, j, &u);
		jout_end(j);
	}
	jout_end(j);
	jout_int(j, S("total"), all.total);
	jout_int(j, S("limit"), in.limit);
	jout_int(j, S("offset"), in.offset);
	return OK;
}

static enum err check_name(struct ctx *c, str name)
{
	if (text_name_ok(name, 1020)) /* 255 characters of up to four bytes */
		return OK;
	enum err e = FAIL(c, OP_ARGUMENTS, "name with signs that are not shown");
	c->fail.say = S("The arguments do not fit: name must hold visible characters only.");
	c->fail.data = S("[{\"path\":\"name\",\"problem\":\"must hold visible characters only\"}]");
	return e;
}

/* An administrator who could make an owner would be one. */
static enum err check_rank(struct ctx *c, str role)
{
	if (role_rank_of(role) <= role_rank(&c->actor))
		return OK;
	enum err e = FAIL(c, NO_PERMISSION, "%.*s made by %.*s", FMT(role), FMT(c->actor.role));
	c->fail.say = arena_printf(c->mem, "Your role %.*s may not make a person %.*s, which is above it.",
	    FMT(c->actor.role), FMT(role));
	c->fail.data = S("{\"required\":\"User.CreateUser\"}");
	return e;
}

enum err op_user_put(struct ctx *c, str email, str name, str role, int64_t *id)
{
	struct op_user_put_in in = {
		.id = id_make(c->now_ms, rand_u32()),
		.tenant = c->site->tenant.id,
		.email = email,
		.name = name,
		.role = role,
		.now = c->now,
	};
	int64_t changed;

	*id = in.id;
	TRY(q_op_user_put(c->db, c->mem, &in, &changed));
	if (changed)
		return OK;
	enum err e = FAIL(c, OP_EXISTS, "a person with this address");
	c->fail.say = S("There is a person with this e-mail address already.");
	c->fail.data = S("{\"field\":\"email\"}");
	return e;
}

enum err op_user_create(struct ctx *c, const struct op_call *q, struct jout *j)
{
	str email, name = op_text(q, S("name")), role = op_text(q, S("role")), url;
	int64_t id;

	TRY(shape_tenant(c, q));
	TRY(check_name(c, name));
	TRY(check_rank(c, role));
	if (text_email(c->mem, op_text(q, S("email")), &email) != OK)
		return FAIL(c, OP_ARGUMENTS, "email");
	TRY(op_user_put(c, email, name, role, &id));

	struct shape_user u = shape_user_new(c, id, email, name, role);
	shape_user(c, j, &u);
	if (op_flag(q, S("sign_in_link"))) {
		TRY(login_link_make(c->db, c->mem, c->site->tenant.id, c->now, c->site->tenant.issuer, id,
		    LINK_SECONDS, &url));
		jout_str(j, S("sign_in_link"), url);
		shape_time(j, S("sign_in_link_expires_at"), c->mem, c->now + LINK_SECONDS);
	}
	return OK;
}
