#include "login/link.h"

#include "sql_gen.h"

static enum err make(struct db *db, struct arena *mem, struct link_put_in *in, str address, str *url)
{
	str text;
	struct ticket t = ticket_make(mem, TICKET_LINK, in->now * 1000, &text);

	in->id = t.id;
	in->hash = t.hash;
	TRY(q_link_put(db, mem, in, NULL));
	*url = arena_printf(mem, "%.*s?token=%.*s", FMT(address), FMT(text));
	return OK;
}

enum err setup_link_make(
    struct db *db, struct arena *mem, int64_t tenant, int64_t now, str base_url, str *url)
{
	struct link_put_in in = {
		.tenant = tenant, .purpose = LINK_SETUP, .now = now, .expires = now + LINK_SECONDS
	};

	TRY(q_link_drop_purpose(
	    db, mem, &(struct link_drop_purpose_in){ .tenant = tenant, .purpose = LINK_SETUP }, NULL));
	return make(db, mem, &in, arena_printf(mem, "%.*s/setup", FMT(base_url)), url);
}

enum err login_link_make(struct db *db, struct arena *mem, int64_t tenant, int64_t now, str base_url,
    int64_t user, int64_t ttl, str *url)
{
	struct link_put_in in = {
		.tenant = tenant, .purpose = LINK_LOGIN, .user_id = user, .now = now, .expires = now + ttl
	};

	return make(db, mem, &in, arena_printf(mem, "%.*s/link", FMT(base_url)), url);
}

enum err link_look(struct ctx *c, str token, str purpose, struct link *out)
{
	struct link_get_out row;
	struct ticket t;

	if (!ticket_parse(c->mem, TICKET_LINK, token, &t))
		return FAIL(c, LINK_GONE, "a token of %zu bytes that is not one of ours", token.n);
	enum err e = q_link_get(
	    c->db, c->mem, &(struct link_get_in){ .id = t.id, .tenant = c->site->tenant.id }, &row);
	if (e == ERR_NOT_FOUND || (e == OK && (!ticket_fits(&t, row.hash) || !str_eq(row.purpose, purpose))))
		return FAIL(c, LINK_GONE, "no link of this token for %.*s", FMT(purpose));
	TRY(e);
	if (row.used)
		return FAIL(c, LINK_GONE, "a link that was used %lld s ago", (long long)(c->now - row.used));
	if (c->now >= row.expires)
		return FAIL(
		    c, LINK_GONE, "a link that expired %lld s ago", (long long)(c->now - row.expires));
	*out = (struct link){ .ticket = t, .user = row.user_id };
	return OK;
}

enum err link_take(struct ctx *c, const struct link *link, str purpose)
{
	struct link_take_in in = { .id = link->ticket.id,
		.tenant = c->site->tenant.id,
		.hash = link->ticket.hash,
		.purpose = purpose,
		.now = c->now };
	int64_t changed;

	TRY(q_link_take(c->db, c->mem, &in, &changed));
	if (changed == 0)
		return FAIL(c, LINK_GONE, "a link that was used or expired just now");
	return OK;
}
