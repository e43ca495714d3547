/*
 * /device (RFC 8628 section 3.3): a signed-in person types the code that a device shows, sees who asks for what and from where,
 * and decides. A code that came in the address is only filled in (section 3.3.1): looking it up takes a press of a button.
 * Whoever looked first is the one who decides, and the grant is theirs alone (GHSA-cq3f-vc6p-68fh).
 */
#include "base/enc.h"
#include "client/client.h"
#include "client/client_allow.h"
#include "client/client_document.h"
#include "core/recorder.h"
#include "model/known.h"
#include "model/resource.h"
#include "oauth/consent_words.h"
#include "oauth/device.h"
#include "oauth/handlers.h"
#include "oauth/user_code.h"
#include "sql_gen.h"
#include "store/attempt.h"
#include "store/audit.h"
#include "ui_gen.h"

struct typed {
	str user_code, decision;
};

struct job {
	struct typed form;
	str code; /* as it is looked up */
	struct device_claim_out row;
	struct client client;
	const struct resource *resource;
};

/* To the sign-in page, and back here with what was typed. */
static str not_you(struct ctx *c, str typed)
{
	struct buf next = BUF(c->mem), url = BUF(c->mem);

	buf_put(&next, S("/device?user_code="));
	percent_write(&next, str_sub(typed, 0, 40));
	buf_printf(&url, "%.*s/login?other=1&next=", FMT(c->site->tenant.issuer));
	percent_write(&url, typed.n ? buf_str(&next) : S("/device"));
	return buf_str(&url);
}

/* --- the page where it is typed */

static enum err show_entry(struct ctx *c, int status, str typed, str words)
{
	struct view_device *v = NEW(c->mem, struct view_device);

	*v = (struct view_device){ .csrf = form_token(c),
		.email = c->actor.email,
		.not_you = not_you(c, typed),
		.user_code = str_sub(typed, 0, 40),
		.words = words,
		.id = c->fail.id };
	return reply_page(c, status, PAGE_DEVICE, v);
}

/* FAIL() comes first: the page says it, under its status. */
static enum err refuse(struct ctx *c, str typed, str words)
{
	const struct err_row *row = err_row(c->fail.code);

	(void)recorder_add(c);
	return show_entry(c, row->status, typed, words.n ? words : str_of(row->words));
}

enum err device_show(struct ctx *c)
{
	return show_entry(c, 200, form_get(&c->query, S("user_code")), S(""));
}

/* --- the page where it is decided */

static void put_scopes(struct ctx *c, const struct job *job, struct view_device_confirm *v)
{
	str rest = job->row.scope, word;
	struct view_device_scope *list = NEW_ARRAY(c->mem, struct view_device_scope, rest.n / 2 + 1);

	v->scopes = list;
	while (str_word(&rest, ' ', &word))
		list[v->scopes_count++] = (struct view_device_scope){ .scope = word,
			.words = resource_scope_words(job->resource, word) };
}

static enum err show_decision(struct ctx *c, const struct job *job)
{
	struct view_device_confirm *v = NEW(c->mem, struct view_device_confirm);
	bool verified = client_verified(&job->client);
	int64_t minutes = (c->now - job->row.created) / 60;

	*v = (struct view_device_confirm){
		.csrf = form_token(c),
		.email = c->actor.email,
		.not_you = not_you(c, job->code),
		.sign_in = job->resource == &c->site->self,
		.lasts = consent_lasts(c, &job->client),
		.user_code = user_code_show(c->mem, job->code),
		.client_name = client_name(c->mem, &job->client),
		.verified = verified,
		.claims = verified ? S("") : known_name(job->client.name),
		.server_name = job->resource->name.n ? job->resource->name : job->resource->identifier,
		.server_url = job->resource->identifier,
		.address = job->row.ip,
		.asked = minutes == 0
		    ? S("just now")
		    : arena_printf(c->mem, "%lld minute%s ago", (long long)minutes, minutes == 1 ? "" : "s"),
	};
	put_scopes(c, job, v);
	return reply_page(c, 200, PAGE_DEVICE_CONFIRM, v);
}

/* --- the answer */

static enum err note(struct ctx *c, const struct job *job, str event)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("resource"), job->row.resource);
	jout_str(&j, S("scope"), job->row.scope);
	jout_str(&j, S("asked_from"), job->row.ip);
	jout_end(&j);
	return audit_put(
	    c, &(struct audit){ event, c->actor.user, job->row.id, client_label(&job->client), buf_str(&b) });
}

/* WRITE */
static enum err decide(struct ctx *c)
{
	struct job *job = c->state;
	bool allow = str_eq(job->form.decision, S("allow"));
	struct client client = job->client; /* the step may run twice: what it finds out stays with it */
	struct view_device_done *v = NEW(c->mem, struct view_device_done);
	int64_t changed = 0;

	TRY(client_ensure_row(c, &client));
	struct device_decide_in in = {
		.id = job->row.id,
		.tenant = c->site->tenant.id,
		.user_id = c->actor.user,
		.state = allow ? S("allowed") : S("denied"),
		.client = client.row,
		.auth_time = c->actor.auth_time,
		.methods = c->actor.methods,
		.session = c->actor.sid, /* as applications know it: what they are told the end of */
		.now = c->now,
	};
	TRY(q_device_decide(c->db, c->mem, &in, &changed));
	if (changed == 0)
		return FAIL(c, USER_CODE, "it was decided meanwhile");
	TRY(note(c, job, allow ? S("auth.device.allow") : S("auth.device.deny")));
	*v = (struct view_device_done){ .allowed = allow, .client_name = client_name(c->mem, &client) };
	return reply_page(c, 200, PAGE_DEVICE_DONE, v);
}

/* --- finding it */

/*
 * READ. What the row says was true when it was written; client and resource may be gone or changed since. The client may be a
 * document that another node has fetched and this one has not: it comes here again with it.
 */
static enum err look_again(struct ctx *c)
{
	struct job *job = c->state;
	enum err e = client_get(c, job->row.client_id, look_again, &job->client);

	if (e == ERR_NOT_FOUND || (e == OK && (job->client.blocked || !client_allowed(c, &job->client))))
		return FAIL(c, CLIENT_UNKNOWN_PAGE, "the client was removed or blocked meanwhile");
	TRY(e);
	c->actor.client_id = client_label(&job->client);
	job->resource = site_resource(c->site, job->row.resource);
	if (!job->resource)
		return FAIL(c, RESOURCE_UNKNOWN, "%.*s was removed meanwhile", FMT(job->row.resource));
	if (job->form.decision.n == 0)
		return show_decision(c, job);
	return NEED(c, LANE_WRITE, decide);
}

/* RFC 8628 section 5.1: a code is short because few may be tried. Each person has an account of tries for codes. */
static enum err reserve(struct ctx *c, struct attempt *attempt)
{
	return attempt_reserve(c, arena_printf(c->mem, "device|%lld", (long long)c->actor.user), attempt);
}

/* WRITE. A try is counted before anything is looked up, in the same transaction, which a refusal commits. */
static enum err look(struct ctx *c)
{
	struct job *job = c->state;
	struct attempt attempt;
	enum err e = reserve(c, &attempt);

	if (e == ERR_THROTTLED) {
		long long wait = (long long)attempt.wait;
		reply_header(c->reply, S("Retry-After"), arena_printf(c->mem, "%lld", wait));
		return refuse(c, job->form.user_code,
		    arena_printf(c->mem, "Too many codes that were none. Wait %lld second%s and try again.",
			wait, wait == 1 ? "" : "s"));
	}
	TRY(e);
	struct device_claim_in in = { c->site->tenant.id, device_code_hash(c, job->code), c->actor.user,
		c->now };
	e = q_device_claim(c->db, c->mem, &in, &job->row);
	if (e == ERR_NOT_FOUND) {
		(void)FAIL(c, USER_CODE,
		    "a code that is not known, has expired, was decided, or is another person's");
		return refuse(c, job->form.user_code, S(""));
	}
	TRY(e);
	TRY(attempt_free(c, &attempt)); /* everybody can have a code of their own, which excuses no guess */
	return NEED(c, LANE_READ, look_again);
}

enum err device_submit(struct ctx *c)
{
	static const struct param_row rows[] = {
		{ S_INIT("user_code"), PARAM_TEXT, 64, offsetof(struct typed, user_code) },
		{ S_INIT("decision"), PARAM_TOKEN, 16, offsetof(struct typed, decision) },
	};
	struct job *job = NEW(c->mem, struct job);
	str which, d;

	c->state = job;
	enum err e = param_fill(&c->form, rows, COUNT(rows), &job->form, &which);
	if (e != OK)
		return fail_set(c, e, __FILE__, __LINE__, "%.*s", FMT(which));
	d = job->form.decision;
	if (d.n && !str_eq(d, S("allow")) && !str_eq(d, S("deny")))
		return FAIL(c, FORM_VALUE, "decision %.*s", FMT(d));
	if (user_code_read(c->mem, job->form.user_code, &job->code))
		return NEED(c, LANE_WRITE, look);
	(void)FAIL(c, USER_CODE, "%zu bytes that cannot be a code", job->form.user_code.n);
	return refuse(c, job->form.user_code, S(""));
}
