#include "admin/shape.h"

#include "base/id.h"
#include "base/time.h"

void shape_time(struct jout *j, str key, struct arena *mem, int64_t t)
{
	if (t)
		jout_str(j, key, time_rfc3339(mem, t));
	else
		jout_null(j, key);
}

enum err shape_id(struct ctx *c, str text, const char *prefix, int64_t *id)
{
	if (id_parse(text, prefix, id) == OK)
		return OK;
	return FAIL(c, OP_NOT_FOUND, "no id of %s", prefix);
}

enum err shape_tenant(struct ctx *c, const struct op_call *q)
{
	int64_t id;

	if (!op_given(q, S("tenant_id")))
		return OK;
	TRY(shape_id(c, op_text(q, S("tenant_id")), ID_TENANT, &id));
	if (id != c->site->tenant.id)
		return FAIL(c, OP_NOT_FOUND, "tenant %lld", (long long)id);
	return OK;
}

/* The store knows active and blocked; the tools speak of active, inactive and suspended. */
static str status_word(str status)
{
	return str_eq(status, S("blocked")) ? S("suspended") : status;
}

void shape_user(struct ctx *c, struct jout *j, const struct shape_user *u)
{
	jout_str(j, S("id"), id_text(c->mem, ID_USER, u->id));
	jout_str(j, S("tenant_id"), id_text(c->mem, ID_TENANT, c->site->tenant.id));
	jout_str(j, S("email"), u->email);
	jout_bool(j, S("email_verified"), false); /* nothing is mailed yet, so no address has been proved */
	jout_str(j, S("name"), u->name);
	jout_str(j, S("status"), status_word(u->status));
	jout_str(j, S("role"), u->role);
	jout_words(
	    j, S("groups"), S("")); /* groups come from identity providers, of which there are none yet */
	jout_words(j, S("scopes"), S("")); /* the role decides; nobody has scopes of their own */
	shape_time(j, S("last_login"), c->mem, u->last_login);
	shape_time(j, S("created_at"), c->mem, u->created);
	shape_time(j, S("updated_at"), c->mem, u->updated);
}

struct shape_user shape_user_new(const struct ctx *c, int64_t id, str email, str name, str role)
{
	return (struct shape_user){ .id = id,
		.email = email,
		.name = name,
		.role = role,
		.status = S("active"),
		.created = c->now,
		.updated = c->now };
}
