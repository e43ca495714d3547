/* Connections: what a person sees and takes back. Names begin with the requirement they prove. */
#include "login/rig.h"

#include "base/id.h"
#include "base/unit.h"

#define WEATHER S("http://localhost:8080/weather/mcp")

struct house {
	struct rig *r;
	int64_t olive, second;
	int64_t claude_one, claude_two, cursor, others;
};

static int setup(void **state)
{
	struct rig *r = rig_new("http://localhost:8080");
	struct house *h = NEW(r->mem, struct house);

	*h = (struct house){
		.r = r, .olive = rig_owner(r), .second = rig_member(r, S("second@example.com"), S(""))
	};
	h->claude_one = rig_grant(
	    r, h->olive, S("Claude Code"), WEATHER, S("weather:read weather:write"), S("localhost:3118"));
	h->cursor = rig_grant(r, h->olive, S("Cursor"), WEATHER, S("weather:read"), S("cursor.example"));
	r->now += 86400;
	h->claude_two = rig_grant(
	    r, h->olive, S("Claude Code"), S("http://gone.example/mcp"), S("mcp:tools"), S("127.0.0.1"));
	h->others = rig_grant(r, h->second, S("Claude Code"), WEATHER, S("weather:read"), S("localhost"));
	rig_login(r, OLIVE, PASSWORD);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct house *h = *state;

	rig_free(h->r);
	return 0;
}

static const struct view_connections *list(struct house *h)
{
	rig_ask(h->r, connections_show, S(""), S(""));
	assert_int_equal(h->r->c.page, PAGE_CONNECTIONS);
	return h->r->c.view;
}

static size_t revocations(struct rig *r, int64_t grant, int64_t *until)
{
	const struct revocation_since_out *rows;
	size_t count, n = 0;

	assert_int_equal(q_revocation_since(r->read, r->mem,
			     &(struct revocation_since_in){ .seq = 0, .now = r->now }, &rows, &count),
	    OK);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].id != grant)
			continue;
		assert_str(rows[i].kind, S("grant"));
		assert_int_equal(rows[i].tenant, r->site.tenant.id);
		*until = rows[i].until;
		n++;
	}
	return n;
}

static str id(struct house *h, int64_t grant)
{
	return id_text(h->r->mem, "grant_", grant);
}

static void u32_each_application_is_one_group(void **state)
{
	const struct view_connections *v = list(*state);

	assert_int_equal(v->applications_count, 2);
	assert_str(v->applications[0].name, S("Claude Code"));
	assert_int_equal(v->applications[0].grants_count, 2);
	assert_true(v->applications[0].many);
	assert_str(v->applications[1].name, S("Cursor"));
	assert_false(v->applications[1].many);
}

static void u33_u34_scopes_in_words_and_days(void **state)
{
	const struct view_connection *g = &list(*state)->applications[0].grants[0];

	assert_str(g->server, S("Weather"));
	assert_str(g->address, WEATHER);
	assert_int_equal(g->scopes_count, 2);
	assert_str(g->scopes[0].words, S("See forecasts"));
	assert_str(g->scopes[1].scope, S("weather:write"));
	assert_str(g->authorized, S("18 November 2026"));
	assert_str(g->used, S("yesterday"));
	assert_str(g->host, S("an application on this computer"));
	assert_str(list(*state)->applications[1].grants[0].host, S("cursor.example"));
}

static void a_server_that_is_gone_is_shown_by_its_address(void **state)
{
	const struct view_connection *g = &list(*state)->applications[0].grants[1];

	assert_str(g->server, S("http://gone.example/mcp"));
	assert_str(g->scopes[0].words, S("mcp:tools"));
}

/* The menu itself is in the golden page; here, that each has the id that its link is made of, and only one's own are there. */
static void u36_u37_each_can_be_revoked_by_its_id(void **state)
{
	struct house *h = *state;
	const struct view_connections *v = list(h);

	assert_str(v->applications[0].grants[0].id, id(h, h->claude_one));
	assert_str(v->applications[0].grants[1].id, id(h, h->claude_two));
	assert_str(v->applications[1].grants[0].id, id(h, h->cursor));
}

static void u38_the_page_asks_for_the_name(void **state)
{
	struct house *h = *state;

	rig_ask(
	    h->r, connections_show, arena_printf(h->r->mem, "grant=%.*s", FMT(id(h, h->claude_one))), S(""));
	assert_int_equal(h->r->c.page, PAGE_REVOKE);
	const struct view_revoke *v = h->r->c.view;
	assert_str(v->application, S("Claude Code"));
	assert_int_equal(v->count, 1);
	rig_ask(h->r, connections_show, S("application=Claude+Code"), S(""));
	v = h->r->c.view;
	assert_int_equal(v->count, 2);
	int64_t until;
	assert_int_equal(revocations(h->r, h->claude_one, &until), 0);
}

static void post(struct house *h, const char *what, str value, const char *typed)
{
	struct rig *r = h->r;

	rig_ask(r, connections_revoke, S(""),
	    arena_printf(r->mem, "%s=%.*s&name=%s", what, FMT(rig_enc(r, value)), typed));
}

static void u39_another_name_is_refused(void **state)
{
	struct house *h = *state;
	static const char *const typed[] = { "", "claude+code", "Claude", "Claude+Code+", "+Claude+Code",
		"Claude%C2%A0Code", "Cursor" };
	int64_t until;

	for (size_t i = 0; i < COUNT(typed); i++) {
		post(h, "grant", id(h, h->claude_one), typed[i]);
		assert_int_equal(h->r->e, OK);
		assert_int_equal(h->r->reply.status, 400);
		assert_int_equal(h->r->c.page, PAGE_REVOKE);
		assert_int_equal(h->r->c.fail.code, ERR_NAME_NOT_CONFIRMED);
		assert_null(h->r->c.effects);
	}
	assert_int_equal(revocations(h->r, h->claude_one, &until), 0);
	assert_int_equal(list(h)->applications_count, 2);
}

static void u40_u41_one_ends_at_once_and_the_others_go_on(void **state)
{
	struct house *h = *state;
	int64_t until;

	post(h, "grant", id(h, h->claude_one), "Claude+Code");
	assert_int_equal(h->r->reply.status, 303);
	assert_str(rig_header(h->r, S("Location")), S("http://localhost:8080/account/connections?revoked=1"));
	assert_non_null(h->r->c.effects);
	assert_int_equal(h->r->c.effects->kind, EFFECT_REVOKE_GRANT);
	assert_int_equal(h->r->c.effects->id, h->claude_one);
	assert_null(h->r->c.effects->next);
	assert_int_equal(revocations(h->r, h->claude_one, &until), 1);
	assert_int_equal(until, h->r->now + 86400 + 120); /* for the longest that any token may live */
	assert_int_equal(revocations(h->r, h->claude_two, &until), 0);
	assert_int_equal(revocations(h->r, h->cursor, &until), 0);
	assert_int_equal(rig_audits(h->r, S("auth.grant.revoke")), 1);
	assert_int_equal(list(h)->applications[0].grants_count, 1);
	/* Again: nothing is left to end, and nothing is written. */
	post(h, "grant", id(h, h->claude_one), "Claude+Code");
	assert_int_equal(h->r->reply.status, 303);
	assert_int_equal(revocations(h->r, h->claude_one, &until), 1);
}

static void all_of_an_application_end_together(void **state)
{
	struct house *h = *state;
	int64_t until;

	post(h, "application", S("Claude Code"), "Claude+Code");
	assert_int_equal(h->r->reply.status, 303);
	assert_int_equal(revocations(h->r, h->claude_one, &until), 1);
	assert_int_equal(revocations(h->r, h->claude_two, &until), 1);
	assert_int_equal(revocations(h->r, h->cursor, &until), 0);
	assert_int_equal(revocations(h->r, h->others, &until), 0); /* of the same name, but somebody else's */
	assert_int_equal(list(h)->applications_count, 1);
	rig_ask(h->r, connections_show, S("revoked=1"), S(""));
	assert_true(((const struct view_connections *)h->r->c.view)->revoked);
}

static void nobody_ends_what_is_somebody_elses(void **state)
{
	struct house *h = *state;
	int64_t until;

	post(h, "grant", id(h, h->others), "Claude+Code");
	assert_int_equal(h->r->reply.status, 303); /* as for one that is not there */
	assert_int_equal(revocations(h->r, h->others, &until), 0);
	rig_ask(h->r, connections_show, arena_printf(h->r->mem, "grant=%.*s", FMT(id(h, h->others))), S(""));
	assert_int_equal(h->r->c.page, PAGE_CONNECTIONS);
}

static void broken_requests_end_nothing(void **state)
{
	struct house *h = *state;
	static const struct {
		const char *form;
		enum err want;
	} rows[] = {
		{ "name=Claude+Code", ERR_PARAM_MISSING },
		{ "grant=&name=Claude+Code", ERR_PARAM_MISSING },
		{ "grant=a%00&name=x", ERR_PARAM_SYNTAX },
		{ "grant=a&grant=b&name=x", ERR_PARAM_DUPLICATE },
		{ "grant=grant_!&name=x", ERR_PARAM_ALPHABET },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		rig_ask(h->r, connections_revoke, S(""), str_of(rows[i].form));
		same_err(rows[i].form, h->r->e, rows[i].want);
	}
	assert_int_equal(list(h)->applications_count, 2);
}

static enum err remember(struct db *db, void *arg)
{
	struct house *h = arg;
	struct consent_put_in in = { .tenant = h->r->site.tenant.id,
		.user_id = h->olive,
		.client = h->cursor,
		.resource = WEATHER,
		.redirect_host = S("cursor.example"),
		.scope = S("weather:read"),
		.now = h->r->now };

	return q_consent_put(db, h->r->mem, &in, NULL);
}

static void the_remembered_yes_goes_too(void **state)
{
	struct house *h = *state;
	struct consent_get_in in = { .tenant = h->r->site.tenant.id,
		.user_id = h->olive,
		.client = h->cursor,
		.resource = WEATHER,
		.redirect_host = S("cursor.example") };
	struct consent_get_out out;

	rig_write(h->r, remember, h);
	assert_int_equal(q_consent_get(h->r->read, h->r->mem, &in, &out), OK);
	post(h, "application", S("Cursor"), "Cursor");
	assert_int_equal(h->r->reply.status, 303);
	assert_int_equal(q_consent_get(h->r->read, h->r->mem, &in, &out), ERR_NOT_FOUND);
}

static void a_hostile_name_is_typed_as_it_is(void **state)
{
	struct house *h = *state;
	str name = S("<script>alert(1)</script>&\"'");
	(void)rig_grant(h->r, h->olive, name, WEATHER, S("weather:read"), S("evil.example"));

	post(h, "application", name, rig_enc(h->r, name).p);
	assert_int_equal(h->r->reply.status, 303);
	assert_int_equal(list(h)->applications_count, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(u32_each_application_is_one_group),
		TEST(u33_u34_scopes_in_words_and_days),
		TEST(a_server_that_is_gone_is_shown_by_its_address),
		TEST(u36_u37_each_can_be_revoked_by_its_id),
		TEST(u38_the_page_asks_for_the_name),
		TEST(u39_another_name_is_refused),
		TEST(u40_u41_one_ends_at_once_and_the_others_go_on),
		TEST(all_of_an_application_end_together),
		TEST(nobody_ends_what_is_somebody_elses),
		TEST(broken_requests_end_nothing),
		TEST(the_remembered_yes_goes_too),
		TEST(a_hostile_name_is_typed_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
