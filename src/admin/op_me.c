#include "admin/op.h"
#include "admin/shape.h"
#include "base/id.h"
#include "base/url.h"
#include "ops_gen.h"

static str host_of(struct ctx *c)
{
	struct url u;

	if (url_parse(c->site->tenant.issuer, &u) != OK)
		return c->site->tenant.issuer;
	return u.port < 0 ? u.host : arena_printf(c->mem, "%.*s:%d", FMT(u.host), u.port);
}

/* The application that the token was given to, by its grant. */
static enum err write_client(struct ctx *c, struct jout *j)
{
	struct op_connection_in in = { .tenant = c->site->tenant.id, .id = c->actor.grant };
	struct op_connection_out row;
	enum err e = c->actor.grant ? q_op_connection(c->db, c->mem, &in, &row) : ERR_NOT_FOUND;

	if (e == ERR_NOT_FOUND) {
		jout_null(j, S("client"));
		return OK;
	}
	TRY(e);
	jout_object(j, S("client"));
	jout_str(j, S("id"), row.client_id);
	jout_str(j, S("name"), row.client_name);
	jout_end(j);
	return OK;
}

static enum err write_principal(struct ctx *c, struct jout *j)
{
	const struct actor *a = &c->actor;

	jout_strz(j, S("principal"), a->os ? "os" : a->user ? "user" : "client");
	if (a->user) {
		jout_object(j, S("user"));
		jout_str(j, S("id"), id_text(c->mem, ID_USER, a->user));
		jout_str(j, S("email"), a->email);
		jout_str(j, S("name"), a->name);
		jout_end(j);
	} else {
		jout_null(j, S("user"));
	}
	TRY(write_client(c, j));
	jout_words(j, S("scopes"), a->scope);
	return OK;
}

enum err op_me_get(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct op_account_in in = { .tenant = c->site->tenant.id };
	struct op_account_out row;

	(void)q;
	TRY(q_op_account(c->db, c->mem, &in, &row));
	TRY(write_principal(c, j));
	jout_array(j, S("accounts"));
	jout_object(j, S(""));
	jout_str(j, S("id"), id_text(c->mem, ID_ACCOUNT, row.account));
	jout_str(j, S("name"), row.account_name);
	jout_str(j, S("role"), c->actor.os ? S("owner") : c->actor.role);
	jout_array(j, S("tenants"));
	jout_object(j, S(""));
	jout_str(j, S("id"), id_text(c->mem, ID_TENANT, c->site->tenant.id));
	jout_str(j, S("name"), row.tenant_name);
	jout_str(j, S("host"), host_of(c));
	jout_bool(j, S("selected"), true); /* the only one */
	jout_end(j);
	jout_end(j);
	jout_end(j);
	jout_end(j);
	return OK;
}
