#include "oauth/pushed.h"
#include "base/id.h"
#include "crypto/crypto.h"
#include "oauth/handle.h"
#include "sql_gen.h"

static const str prefix = S_INIT("urn:ietf:params:oauth:request_uri:");

bool pushed_ours(str request_uri)
{
	return str_starts(request_uri, prefix);
}

enum err pushed_put(struct ctx *c, const struct ask *a, str *request_uri)
{
	struct pushed_put_in row = {
		.id = id_make(c->now_ms, rand_u32()),
		.tenant = c->site->tenant.id,
		.client_id = a->client.client_id,
		.params = ask_write(c->mem, a),
		.expires = c->now + PUSHED_SECONDS,
	};

	if (row.params.n == 0)
		return FAIL(c, TOO_LARGE, "an authorization request");
	*request_uri = handle_make(c->mem, prefix, row.id);
	row.hash = token_hash(c->mem, secret_of(*request_uri));
	return q_pushed_put(c->db, c->mem, &row, NULL);
}

enum err pushed_open(struct ctx *c, str request_uri, str client_id, enum err (*again)(struct ctx *c),
    struct ask *a, int64_t *id)
{
	struct secret text = secret_of(request_uri);
	struct pushed_get_out row;
	int64_t found;

	if (handle_parse(c->mem, prefix, text, &found) != OK)
		return FAIL(c, PUSHED_GONE, "%zu bytes that are no request_uri of ours", text.len);
	enum err e = q_pushed_get(c->db, c->mem, &(struct pushed_get_in){ found, c->site->tenant.id }, &row);
	if (e == ERR_NOT_FOUND)
		return FAIL(c, PUSHED_GONE, "it is not known");
	TRY(e);
	if (!secret_eq(secret_of(row.hash), secret_of(token_hash(c->mem, text))))
		return FAIL(c, PUSHED_GONE, "it is not known");
	/* section 2.2: bound to the client that posted it */
	if (!str_eq(row.client_id, client_id))
		return FAIL(c, PUSHED_GONE, "another client pushed it");
	if (row.used || row.expires <= c->now)
		return FAIL(c, PUSHED_GONE, "%s", row.used ? "it was used" : "it has expired");
	TRY(ask_open(c, row.params, row.client_id, again, a));
	a->begun = c->now;
	*id = found;
	return OK;
}

enum err pushed_take(struct ctx *c, int64_t id)
{
	int64_t changed = 0;

	if (id == 0)
		return OK;
	TRY(q_pushed_take(
	    c->db, c->mem, &(struct pushed_take_in){ id, c->site->tenant.id, c->now }, &changed));
	return changed ? OK : FAIL(c, PUSHED_GONE, "it was used meanwhile");
}
