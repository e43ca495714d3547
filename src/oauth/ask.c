#include "oauth/ask.h"
#include "base/enc.h"
#include "client/client.h"
#include "model/known.h"
#include "model/scope.h"
#include "sql_gen.h"

str ask_host(struct arena *mem, const struct ask *a)
{
	return redirect_host(mem, a->redirect_uri);
}

/* A sign-in since the question is fresh; within one second the ids decide, which grow with time. */
static bool signed_in_since(const struct ctx *c, const struct ask *a)
{
	return a->txn && c->actor.session &&
	    (c->actor.auth_time > a->begun || (c->actor.auth_time == a->begun && c->actor.session > a->txn));
}

bool ask_wants_login(const struct ctx *c, const struct ask *a)
{
	if (c->actor.session == 0)
		return true;
	if (signed_in_since(c, a))
		return false;
	return a->login || (a->max_age >= 0 && c->now - c->actor.auth_time > a->max_age);
}

bool ask_wants_click(const struct ctx *c, const struct ask *a)
{
	return a->consent || (a->select && !signed_in_since(c, a));
}

bool ask_remembers(const struct ask *a)
{
	return a->redirect_kind == REDIRECT_HTTPS && !known_relays(a->redirect_uri);
}

enum err ask_covered(struct ctx *c, const struct ask *a, bool *covered)
{
	struct consent_get_out row;

	*covered = client_trusted(c, &a->client);
	/* a click tells the programs of one device apart */
	if (*covered || !ask_remembers(a) || a->client.row == 0)
		return OK;
	enum err e = q_consent_get(c->db, c->mem,
	    &(struct consent_get_in){ c->site->tenant.id, c->actor.user, a->client.row,
		a->resource->identifier, ask_host(c->mem, a) },
	    &row);
	if (e == ERR_NOT_FOUND)
		return OK;
	TRY(e);
	*covered = scope_covers(row.scope, a->scope);
	return OK;
}

str ask_page(struct ctx *c, const struct ask *a, bool login)
{
	struct buf b = BUF(c->mem);

	buf_printf(&b, "%.*s/%s?txn=%lld", FMT(c->site->tenant.issuer), login ? "login" : "consent",
	    (long long)a->txn);
	if (login && a->login_hint.n) {
		buf_put(&b, S("&login_hint="));
		percent_write(&b, a->login_hint);
	}
	return buf_str(&b);
}
