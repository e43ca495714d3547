#include "store/tenant.h"

#include "base/id.h"
#include "crypto/crypto.h"

struct job {
	struct arena *mem;
	int64_t now_ms;
	struct tenant_by_slug_out *out;
};

static enum err find(struct db *db, struct job *j)
{
	return q_tenant_by_slug(db, j->mem, &(struct tenant_by_slug_in){ .slug = S(TENANT_FIRST) }, j->out);
}

/* Looks again: the transaction sees what another node may have made meanwhile. */
static enum err make(struct db *db, void *arg)
{
	struct job *j = arg;
	enum err e = find(db, j);

	if (e != ERR_NOT_FOUND)
		return e;
	const struct account_put_in account = {
		.id = id_make(j->now_ms, rand_u32()), .name = S("Default"), .now = j->now_ms / 1000
	};
	const struct tenant_put_in tenant = { .id = id_make(j->now_ms, rand_u32()),
		.account = account.id,
		.slug = S(TENANT_FIRST),
		.name = S("Default"),
		.settings = S("{}"),
		.now = account.now };
	TRY(q_account_put(db, j->mem, &account, NULL));
	e = q_tenant_put(db, j->mem, &tenant, NULL);
	if (e == ERR_STORE_CONFLICT)
		return ERR_STORE_BUSY; /* made by another node after we looked: take ours back, look again */
	TRY(e);
	return find(db, j);
}

enum err tenant_load_first(struct db *db, struct arena *mem, int64_t now_ms, struct tenant_by_slug_out *out)
{
	struct job j = { .mem = mem, .now_ms = now_ms, .out = out };
	enum err e = find(db, &j);

	return e == ERR_NOT_FOUND ? db_do(db, make, &j) : e;
}
