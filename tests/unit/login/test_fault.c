/*
 * A store that fails while somebody signs in, sets a password or takes access back: whichever statement it is, the answer is that
 * fault, nothing has changed, nobody is signed in who was not, and when the store is back the same request does what it would have.
 */
#include "login/rig.h"

#include "base/id.h"
#include "base/log.h"
#include "login/link.h"
#include "store/breaking.h"
#include "store/rows.h"

#include <stdio.h>

#define NEW_PASSWORD "&password=a+new+long+password&confirm=a+new+long+password"

struct request {
	const char *sentence;
	str (*before)(struct rig *r); /* while the store is good; what it gives is the request's */
	enum err (*step)(struct ctx *c);
	const char *form; /* what is posted behind what was given; NULL: that is the query of a page */
	enum err good;
};

static str nobody_owns_it(struct rig *r)
{
	return rig_setup_link(r);
}

static str signed_out(struct rig *r)
{
	(void)rig_owner(r);
	return S("");
}

static str signed_in(struct rig *r)
{
	(void)rig_owner(r);
	rig_login(r, OLIVE, PASSWORD);
	assert_int_equal(r->reply.status, 303);
	return S("");
}

static str link_of_a_member(struct rig *r)
{
	return rig_login_link(r, rig_member(r, S("mia@example.com"), PASSWORD));
}

/* "grant=..." of one that Claude has. */
static str connected(struct rig *r)
{
	int64_t user = rig_owner(r);
	int64_t grant = rig_grant(
	    r, user, S("Claude"), S("http://localhost:8080/weather/mcp"), S("weather:read"), S("claude.ai"));

	rig_login(r, OLIVE, PASSWORD);
	return arena_printf(r->mem, "grant=%.*s", FMT(id_text(r->mem, "grant_", grant)));
}

static str connected_somewhere(struct rig *r)
{
	(void)connected(r);
	return S("");
}

static const struct request requests[] = {
	{ "the sign-in page", signed_out, login_show, NULL, OK },
	{ "a sign-in", signed_out, login_submit, "email=olive%40example.com&password=a+long+enough+password",
	    OK },
	{ "a sign-in with a wrong password", signed_out, login_submit,
	    "email=olive%40example.com&password=wrong", OK },
	{ "a sign-in over another one", signed_in, login_submit,
	    "email=olive%40example.com&password=a+long+enough+password", OK },
	{ "the page of a link", link_of_a_member, link_show, NULL, OK },
	{ "a link is used", link_of_a_member, link_submit, "", OK },
	{ "a link is used, with a new password", link_of_a_member, link_submit, NEW_PASSWORD, OK },
	{ "the page for the first owner", nobody_owns_it, setup_show, NULL, OK },
	{ "the first owner", nobody_owns_it, setup_submit,
	    "&email=olive%40example.com&name=Olive" NEW_PASSWORD, OK },
	{ "the account", signed_in, account_show, NULL, OK },
	{ "another password", signed_in, account_submit, "current=a+long+enough+password" NEW_PASSWORD, OK },
	{ "another password, without knowing the old one", signed_in, account_submit,
	    "current=wrong" NEW_PASSWORD, OK },
	{ "the connections", connected_somewhere, connections_show, NULL, OK },
	{ "one of them", connected, connections_show, NULL, OK },
	{ "it is taken back", connected, connections_revoke, "&name=Claude", OK },
	{ "the page to sign out", signed_in, logout_show, NULL, OK },
	{ "signing out", signed_in, logout_submit, "", OK },
};

static enum err ask(struct rig *r, const struct request *q, str given)
{
	str rest = str_of(q->form);

	if (rest.p) /* what is posted begins with it */
		rig_ask(r, q->step, S(""), arena_printf(r->mem, "%.*s%.*s", FMT(given), FMT(rest)));
	else
		rig_ask(r, q->step, given, S(""));
	return r->e;
}

/* The house of one test, with a third handle that looks at its rows. */
struct house {
	struct rig *r;
	struct fault plan;
	sqlite3 *raw;
	str given;
};

static void open_house(struct house *h, const struct request *q)
{
	static int number; /* as rig.c counts */
	char name[64];

	h->r = rig_new("http://localhost:8080");
	snprintf(name, sizeof name, "file:/login-%d?vfs=memdb", number++);
	assert_int_equal(
	    sqlite3_open_v2(name, &h->raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, NULL), SQLITE_OK);
	breaking_start(&h->plan, &h->r->read, &h->r->write);
	h->given = q->before(h->r);
	h->plan.seen_count = 0;
}

static void close_house(struct house *h)
{
	sqlite3_close(h->raw);
	rig_free(h->r);
}

static uint64_t rows(const struct house *h)
{
	static const char *const tables[] = { "users", "session", "link", "grants", "revocation", "audit",
		"logout_notice", NULL };

	return rows_digest(h->raw, tables);
}

static void breaks(const struct request *q, const char *statement)
{
	struct house h;

	open_house(&h, q);
	uint64_t before = rows(&h);
	str session = h.r->session;
	h.plan.statement = statement;
	breaking_err(q->sentence, statement, "at once", ask(h.r, q, h.given), ERR_STORE);
	breaking_holds(q->sentence, statement, "something has changed", rows(&h) == before);
	breaking_holds(
	    q->sentence, statement, "the browser has another session", str_eq(h.r->session, session));
	h.plan.statement = NULL;
	breaking_err(q->sentence, statement, "afterwards", ask(h.r, q, h.given), q->good);
	close_house(&h);
}

static void whichever_statement_fails(void **state)
{
	size_t statements = 0;
	(void)state;

	log_set_fd(-1);
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct house h;
		open_house(&h, &requests[i]);
		breaking_err(requests[i].sentence, "nothing", "at once", ask(h.r, &requests[i], h.given),
		    requests[i].good);
		close_house(&h);
		statements += h.plan.seen_count;
		for (size_t n = 0; n < h.plan.seen_count; n++)
			breaks(&requests[i], h.plan.seen[n]);
	}
	assert_int_equal(breaking_wrong, 0);
	assert_true(statements > 2 * COUNT(requests));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(whichever_statement_fails) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
