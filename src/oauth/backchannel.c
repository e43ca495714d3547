#include "oauth/backchannel.h"
#include "base/id.h"
#include "base/json.h"
#include "client/client.h"
#include "core/fetch.h"
#include "jose/jwt.h"
#include "oauth/id_token.h"
#include "oauth/issue.h"
#include "sql_gen.h"
#include "store/audit.h"

#define TOKEN_SECONDS 120 /* section 2.4 recommends at most two minutes */

int64_t backchannel_wait(int64_t tries)
{
	int64_t wait = INT64_C(2) << (2 * (tries < BACKCHANNEL_TRIES ? tries : BACKCHANNEL_TRIES));

	/* It is also how long a claim holds: somebody who takes five seconds to say yes is not to be asked twice meanwhile. */
	return wait > BACKCHANNEL_CLAIM ? wait : BACKCHANNEL_CLAIM;
}

static enum err drop(struct ctx *c, const struct backchannel *b)
{
	struct logout_notice_drop_in in = { .id = b->id, .tenant = c->site->tenant.id };

	return q_logout_notice_drop(c->db, c->mem, &in, NULL);
}

static enum err note(struct ctx *c, const struct backchannel *b, str event)
{
	struct buf buf = BUF(c->mem);
	struct jout j = JOUT(&buf);

	jout_object(&j, S(""));
	jout_int(&j, S("tries"), b->tries + 1);
	jout_str_opt(&j, S("why"), b->why);
	jout_end(&j);
	return audit_put(c,
	    &(struct audit){ .event = event,
		.user = b->user,
		.client = client_label(&b->client),
		.detail = buf_str(&buf) });
}

/* WRITE. */
static enum err settle(struct ctx *c)
{
	const struct backchannel *b = c->state;

	if (b->told) {
		TRY(drop(c, b));
		return note(c, b, S("auth.logout.told"));
	}
	if (!b->hopeless && b->tries + 1 < BACKCHANNEL_TRIES)
		return OK; /* it is due again when the claim says so */
	TRY(drop(c, b));
	return note(c, b, S("auth.logout.untold"));
}

/* FETCH. Section 2.7 and 2.8: 200 or 204 is a yes, 400 a no that will stay one. */
static enum err send(struct ctx *c)
{
	struct backchannel *b = c->state;
	struct fetch_policy policy = {
		.max = 4096,
		.form = arena_printf(c->mem, "logout_token=%.*s", FMT(b->token)),
		.allow = c->site->config->outbound_allow,
		.allow_count = c->site->config->outbound_allow_count,
		.authorities = c->site->config->outbound_authorities,
	};
	struct fetch_answer a;

	c->fetch->fetch(c->fetch->arg, b->client.backchannel, &policy, c->mem, &a);
	b->told = a.result == FETCH_OK && (a.status == 200 || a.status == 204);
	b->hopeless =
	    a.result == FETCH_URL || a.result == FETCH_ADDRESS || (a.result == FETCH_OK && a.status == 400);
	b->why = b->told ? S("") : a.result == FETCH_OK ? arena_printf(c->mem, "status %d", a.status) : a.why;
	return NEED(c, LANE_WRITE, settle);
}

/* Section 2.4. No nonce, so that it is no id token; and typ says what it is. */
static str claims(struct ctx *c, const struct backchannel *b)
{
	struct buf buf = BUF(c->mem);
	struct jout j = JOUT(&buf);

	jout_object(&j, S(""));
	jout_str(&j, S("iss"), c->site->tenant.issuer);
	jout_str(&j, S("sub"), id_text(c->mem, ID_USER, b->user));
	jout_str(&j, S("aud"), b->client.client_id);
	jout_int(&j, S("iat"), c->now);
	jout_int(&j, S("exp"), c->now + TOKEN_SECONDS);
	jout_str(&j, S("jti"), jwt_new_id(c->mem));
	jout_str_opt(&j, S("sid"), id_token_sid(c->mem, b->session));
	jout_object(&j, S("events"));
	jout_object(&j, S("http://schemas.openid.net/event/backchannel-logout"));
	jout_end(&j);
	jout_end(&j);
	jout_end(&j);
	return buf.full ? (str){ NULL, 0 } : buf_str(&buf);
}

/* Where signing is done. */
static enum err sign(struct ctx *c)
{
	struct backchannel *b = c->state;
	str json = claims(c, b);

	if (json.n == 0)
		return FAIL(c, TOO_LARGE, "the claims of a logout token");
	TRY(jwt_sign(c->mem, c->site->signing, S("logout+jwt"), json, &b->token));
	return NEED(c, LANE_FETCH, send);
}

/* Who it is for, as it is registered today. */
static enum err find_client(struct ctx *c, int64_t row, struct client *out)
{
	struct client_by_row_in in = { .tenant = c->site->tenant.id, .id = row };
	struct client_by_row_out found;

	*out = (struct client){ .row = 0 };
	enum err e = q_client_by_row(c->db, c->mem, &in, &found);
	if (e == OK)
		e = client_find(c, found.client_id, out);
	if (e == OK && out->blocked)
		out->backchannel = S("");
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err backchannel_start(struct ctx *c)
{
	struct backchannel *b = c->state;
	struct logout_notice_due_out row;
	int64_t tenant = c->site->tenant.id, changed = 0;

	*b = (struct backchannel){ .id = 0 };
	enum err e =
	    q_logout_notice_due(c->db, c->mem, &(struct logout_notice_due_in){ tenant, c->now }, &row);
	if (e == ERR_NOT_FOUND)
		return OK;
	TRY(e);
	struct logout_notice_claim_in claim = {
		.id = row.id, .tenant = tenant, .due = row.due, .next = c->now + backchannel_wait(row.tries)
	};
	TRY(q_logout_notice_claim(c->db, c->mem, &claim, &changed));
	if (!changed)
		return OK; /* another node has it */
	b->id = row.id;
	b->user = row.user_id;
	b->session = row.session;
	b->tries = row.tries;
	TRY(find_client(c, row.client, &b->client));
	if (b->client.backchannel.n == 0) /* most have none: they hear of it when they next ask */
		return drop(c, b);
	return NEED(c, issue_lane(c->site), sign);
}
