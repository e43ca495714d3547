/*
 * /consent: the page where a person says yes or no to one application, one server and these scopes, and the
 * answer. The stored request decides everything (CWE-472): the form carries its number, a form token and the
 * button, nothing else.
 */
#include "base/url.h"
#include "client/client.h"
#include "client/document.h"
#include "model/known.h"
#include "model/resource.h"
#include "oauth/code.h"
#include "oauth/consent_words.h"
#include "oauth/handlers.h"
#include "oauth/respond.h"
#include "store/audit.h"
#include "ui_gen.h"

struct decision {
	struct ask ask;
	bool allow;
	bool asked; /* somebody pressed the button: otherwise an earlier yes holds */
	bool other; /* who signed in is not whom the application asked for */
	str code;
};

static void put_scopes(struct ctx *c, const struct ask *a, struct view_consent *view)
{
	str rest = a->scope, word;
	size_t n = 0;
	struct view_consent_scope *list = arena_try_array(c->mem, a->scope.n / 2 + 1, sizeof *list);

	while (list && str_word(&rest, ' ', &word))
		list[n++] = (struct view_consent_scope){
			.scope = word,
			.words = resource_scope_words(a->resource, word),
			.required = str_list_has(a->resource->required, ' ', word),
		};
	view->scopes = list;
	view->scopes_count = n;
}

static str home_host(struct client *client)
{
	struct url u;

	return client_verified(client) && url_parse(client->uri, &u) == OK ? u.host : (str){ NULL, 0 };
}

/*
 * What the address that gets the answer tells of a client that nobody vouched for. An https one is its owner's alone, so
 * its name stands there instead of the registered one, which anybody may choose (RFC 7591 section 5).
 */
static void put_known(const struct ask *a, struct view_consent *view)
{
	const struct known_client *known = known_client(a->redirect_uri);
	str claimed = known_name(a->client.name);

	if (view->verified)
		return;
	if (known && known_proves(known)) {
		view->client_name = known->name;
		view->verified = view->by_address = true;
		return;
	}
	if (known)
		view->opens = known->name; /* of a scheme, or of a page that hands the answer on */
	/* programs on this computer have no address of their own: there the name may well be true */
	if (a->redirect_kind != REDIRECT_LOOPBACK && !(known && str_eq(known->name, claimed)))
		view->claims = claimed;
}

/*
 * A document's host has said what the page shows: that is proved by where it was fetched from. What it cannot prove is that
 * the program on this computer which takes the answer is the one it tells of (CIMDX-07).
 */
static void put_document(struct ctx *c, const struct ask *a, struct view_consent *view)
{
	const struct known_client *known = known_document(a->client.client_id);
	str host = document_host(a->client.client_id);

	view->document_host = host;
	view->impostor = a->redirect_kind != REDIRECT_HTTPS || known_relays(a->redirect_uri);
	view->verified = known != NULL;
	if (known)
		view->client_name = known->name;
	else if (!known_origin(arena_printf(c->mem, "https://%.*s", FMT(host))))
		view->claims = known_name(a->client.name);
}

static enum err show(struct ctx *c, struct ask *a)
{
	struct view_consent *view = NEW(c->mem, struct view_consent);

	*view = (struct view_consent){
		.csrf = form_token(c),
		.txn = arena_printf(c->mem, "%lld", (long long)a->txn),
		.server_name = a->resource->name.n ? a->resource->name : a->resource->identifier,
		.server_url = a->resource->identifier,
		.sign_in = a->resource == &c->site->self,
		.email = c->actor.email,
		.not_you = ask_page(c, a, true),
		.client_name = client_name(c->mem, &a->client),
		.client_host = home_host(&a->client),
		.verified = client_verified(&a->client) && !client_shared(c, &a->client),
		.redirect_host = ask_host(c->mem, a),
		.loopback = a->redirect_kind == REDIRECT_LOOPBACK,
		.app_scheme = a->redirect_kind == REDIRECT_APP,
		.workspace = c->site->tenant.name,
		.lasts = consent_lasts(c, &a->client),
	};
	if (a->client.origin == CLIENT_DOCUMENT)
		put_document(c, a, view);
	else
		put_known(a, view);
	put_scopes(c, a, view);
	return reply_page(c, 200, PAGE_CONSENT, view);
}

/* LOOP */
static enum err reply_yes(struct ctx *c)
{
	struct decision *d = c->state;

	return respond_code(c, &d->ask, d->code);
}

/* LOOP */
static enum err reply_no(struct ctx *c)
{
	struct decision *d = c->state;

	return respond_error(c, &d->ask, FAIL(c, ACCESS_DENIED, "%.*s", FMT(client_label(&d->ask.client))));
}

/* LOOP */
static enum err reply_other(struct ctx *c)
{
	struct decision *d = c->state;
	/* no more of who that is: whoever is told the number of this refusal can read it */
	enum err e = FAIL(c, LOGIN_REQUIRED, "id_token_hint is not of who has signed in");

	c->fail.say = S("Somebody else has signed in than the person whom id_token_hint names.");
	return respond_error(c, &d->ask, e);
}

/* OpenID Connect Core section 3.1.2.1: to a hint of one person there is no answer about another, whoever signs in. */
static bool for_another(const struct ctx *c, struct decision *d)
{
	d->other = d->ask.hint > 0 && d->ask.hint != c->actor.user;
	return d->other;
}

static enum err note_no(struct ctx *c, const struct ask *a)
{
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("resource"), a->resource->identifier);
	jout_end(&j);
	return audit_put(c,
	    &(struct audit){
		S("auth.consent.deny"), c->actor.user, 0, client_label(&a->client), buf_str(&b) });
}

/* WRITE. The row is taken first: two posts of one page give one code. */
static enum err finish(struct ctx *c)
{
	struct decision *d = c->state;

	TRY(ask_take(c, &d->ask));
	if (d->other)
		return NEED(c, LANE_LOOP, reply_other);
	if (!d->allow) {
		TRY(note_no(c, &d->ask));
		return NEED(c, LANE_LOOP, reply_no);
	}
	TRY(code_give(c, &d->ask, d->asked, &d->code));
	return NEED(c, LANE_LOOP, reply_yes);
}

enum err consent_show(struct ctx *c)
{
	struct decision *d = NEW(c->mem, struct decision);
	bool covered = false;

	c->state = d;
	TRY(ask_get(c, form_get(&c->query, S("txn")), consent_show, &d->ask));
	if (ask_wants_login(c, &d->ask))
		return reply_redirect(c, 303, ask_page(c, &d->ask, true));
	if (for_another(c, d))
		return NEED(c, LANE_WRITE, finish);
	TRY(ask_covered(c, &d->ask, &covered));
	if (!covered || ask_wants_click(c, &d->ask))
		return show(c, &d->ask);
	d->allow = true;
	return NEED(c, LANE_WRITE, finish);
}

enum err consent_decide(struct ctx *c)
{
	struct decision *d = NEW(c->mem, struct decision);
	str decision = form_get(&c->form, S("decision"));

	c->state = d;
	TRY(ask_get(c, form_get(&c->form, S("txn")), consent_decide, &d->ask));
	if (ask_wants_login(c, &d->ask))
		return reply_redirect(c, 303, ask_page(c, &d->ask, true));
	if (for_another(c, d))
		return NEED(c, LANE_WRITE, finish);
	d->allow = str_eq(decision, S("allow"));
	d->asked = true;
	if (!d->allow && !str_eq(decision, S("deny")))
		return FAIL(c, FORM_VALUE, "decision %.*s", FMT(str_sub(decision, 0, 40)));
	return NEED(c, LANE_WRITE, finish);
}
