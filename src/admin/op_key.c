#include "admin/op.h"
#include "admin/shape.h"
#include "base/time.h"
#include "jose/jwt.h"
#include "ops_gen.h"
#include "store/keyring.h"
#include "store/seal.h"

#define NEWS_SECONDS 3600 /* other nodes read the feed within half a second */

enum err op_key_list(struct ctx *c, const struct op_call *q, struct jout *j)
{
	const struct signing_key_list_out *rows;
	size_t count;

	(void)q;
	TRY(q_signing_key_list(
	    c->db, c->mem, &(struct signing_key_list_in){ .tenant = c->site->tenant.id }, &rows, &count));
	jout_array(j, S("keys"));
	for (size_t i = 0; i < count; i++) {
		jout_object(j, S(""));
		jout_str(j, S("kid"), rows[i].kid);
		jout_str(j, S("alg"), rows[i].alg);
		jout_str(j, S("state"), rows[i].state);
		jout_str(j, S("created_at"), time_rfc3339(c->mem, rows[i].created));
		jout_str(j, S("changed_at"), time_rfc3339(c->mem, rows[i].changed));
		jout_end(j);
	}
	jout_end(j);
	return OK;
}

static enum err master_key(struct ctx *c, struct secret *out)
{
	*out = c->site->config->master_key;
	return out->len ? OK : master_key_load(c->mem, c->site->config->data_dir, out);
}

/* Which one signs, and which one will. */
static enum err write_keys(struct ctx *c, struct jout *j)
{
	const struct signing_key_list_out *rows;
	size_t count;

	TRY(q_signing_key_list(
	    c->db, c->mem, &(struct signing_key_list_in){ .tenant = c->site->tenant.id }, &rows, &count));
	for (size_t i = 0; i < count; i++)
		if (str_eq(rows[i].state, S("active")) || str_eq(rows[i].state, S("next")))
			jout_str(j, rows[i].state, rows[i].kid);
	return OK;
}

enum err op_key_rotate(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct revocation_put_in news = {
		.tenant = c->site->tenant.id, .kind = S("key"), .at = c->now, .until = c->now + NEWS_SECONDS
	};
	struct secret master;
	int64_t signs_at;

	TRY(master_key(c, &master));
	TRY(keyring_rotate(
	    c->db, c->mem, master, c->site->tenant.id, alg_of(op_text(q, S("alg"))), c->now_ms, &signs_at));
	effect_add(c, EFFECT_RELOAD, 0, 0);
	TRY(q_revocation_put(c->db, c->mem, &news, NULL));
	TRY(write_keys(c, j));
	if (signs_at)
		jout_str(j, S("signs_at"), time_rfc3339(c->mem, signs_at));
	return OK;
}
