#include "login/first.h"

#include "base/id.h"
#include "crypto/crypto.h"
#include "login/link.h"
#include "sql_gen.h"
#include "store/tenant.h"

static int64_t new_id(int64_t now)
{
	return id_make(now * 1000, rand_u32());
}

enum err tenant_ensure(struct db *db, struct arena *mem, int64_t now, str issuer, struct tenant *out)
{
	struct tenant_by_slug_out row;

	TRY(tenant_load_first(db, mem, now * 1000, &row));
	*out = (struct tenant){ .id = row.id, .name = row.name, .issuer = issuer };
	return OK;
}

enum err owner_exists(struct db *db, struct arena *mem, int64_t tenant, bool *out)
{
	struct user_owner_out row;
	enum err e = q_user_owner(db, mem, &(struct user_owner_in){ .tenant = tenant }, &row);

	*out = e == OK;
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err owner_make(struct db *db, struct arena *mem, int64_t tenant, int64_t now, str email, str name,
    str phc, int64_t *user)
{
	struct user_put_owner_in in = {
		.id = new_id(now), .tenant = tenant, .email = email, .name = name, .password = phc, .now = now
	};
	struct user_put_owner_out row;
	bool done;

	TRY(owner_exists(db, mem, tenant, &done));
	if (done)
		return ERR_SETUP_DONE;
	TRY(q_user_put_owner(db, mem, &in, &row));
	*user = row.id;
	return q_link_drop_purpose(
	    db, mem, &(struct link_drop_purpose_in){ .tenant = tenant, .purpose = LINK_SETUP }, NULL);
}

enum err person_ensure(
    struct db *db, struct arena *mem, int64_t tenant, int64_t now, str email, int64_t *user, bool *made)
{
	struct user_put_member_in in = { .id = new_id(now), .tenant = tenant, .email = email, .now = now };
	struct user_by_email_out row;
	int64_t changed;

	TRY(q_user_put_member(db, mem, &in, &changed));
	*made = changed > 0;
	TRY(q_user_by_email(db, mem, &(struct user_by_email_in){ .tenant = tenant, .email = email }, &row));
	*user = row.id;
	return OK;
}
