/* One-time links and the first owner. Names begin with the attack they answer, where there is one. */
#include "login/rig.h"

#include "login/link.h"

static int setup(void **state)
{
	*state = rig_new("http://localhost:8080");
	return 0;
}

static int teardown(void **state)
{
	rig_free(*state);
	return 0;
}

#define OWNER_FORM                                                                                     \
	"&email=Olive%40example.com&name=Olive&password=a+long+enough+password&confirm=a+long+enough+" \
	"password"

static str with(struct rig *r, str query, const char *rest)
{
	return arena_printf(r->mem, "%.*s%s", FMT(query), rest);
}

static void the_link_makes_the_owner_and_signs_in(void **state)
{
	struct rig *r = *state;
	str query = rig_setup_link(r);

	rig_ask(r, setup_show, query, S(""));
	assert_int_equal(r->c.page, PAGE_SETUP);
	rig_ask(r, setup_submit, S(""), with(r, query, OWNER_FORM));
	assert_int_equal(r->reply.status, 303);
	assert_str(rig_header(r, S("Location")), S("http://localhost:8080/"));
	struct actor a = rig_actor(r);
	assert_str(a.email, OLIVE);
	assert_str(a.name, S("Olive"));
	assert_str(a.role, S("owner"));
	r->session = S("");
	rig_login(r, OLIVE, PASSWORD);
	assert_int_equal(r->reply.status, 303);
}

static void mail02_opening_a_link_changes_nothing(void **state)
{
	struct rig *r = *state;
	str query = rig_setup_link(r);

	for (int i = 0; i < 3; i++) {
		rig_ask(r, setup_show, query, S(""));
		assert_int_equal(r->reply.status, 200);
	}
	rig_ask(r, setup_submit, S(""), with(r, query, OWNER_FORM));
	assert_int_equal(r->reply.status, 303);
}

static void mail01_a_setup_link_works_once(void **state)
{
	struct rig *r = *state;
	str query = rig_setup_link(r);

	rig_ask(r, setup_submit, S(""), with(r, query, OWNER_FORM));
	r->session = S("");
	rig_ask(r, setup_submit, S(""), with(r, query, OWNER_FORM));
	assert_int_equal(r->e, ERR_SETUP_DONE);
	rig_ask(r, setup_show, query, S(""));
	assert_int_equal(r->e, ERR_SETUP_DONE);
	assert_int_equal(r->session.n, 0);
}

static void a_newer_setup_link_voids_the_older(void **state)
{
	struct rig *r = *state;
	str first = rig_setup_link(r), second = rig_setup_link(r);

	rig_ask(r, setup_show, first, S(""));
	assert_int_equal(r->e, ERR_LINK_GONE);
	rig_ask(r, setup_show, second, S(""));
	assert_int_equal(r->e, OK);
}

static void a_setup_link_lives_a_day(void **state)
{
	struct rig *r = *state;
	str query = rig_setup_link(r);

	r->now += LINK_SECONDS - 1;
	rig_ask(r, setup_show, query, S(""));
	assert_int_equal(r->e, OK);
	r->now += 1;
	rig_ask(r, setup_show, query, S(""));
	assert_int_equal(r->e, ERR_LINK_GONE);
	rig_ask(r, setup_submit, S(""), with(r, query, OWNER_FORM));
	assert_int_equal(r->e, ERR_LINK_GONE);
	assert_int_equal(r->hashes, 0);
}

static void no_token_is_made_up(void **state)
{
	struct rig *r = *state;
	str query = rig_setup_link(r);
	str changed = arena_copy(r->mem, query);

	((char *)(uintptr_t)changed.p)[changed.n - 5] ^= 1;
	const str tokens[] = { S(""), S("token="), S("token=x"), S("token=gh_ln_"), changed,
		str_sub(query, 0, query.n - 1), with(r, query, "A") };
	for (size_t i = 0; i < COUNT(tokens); i++) {
		rig_ask(r, setup_show, tokens[i], S(""));
		assert_int_equal(r->e, ERR_LINK_GONE);
		rig_ask(r, link_show, tokens[i], S(""));
		assert_int_equal(r->e, ERR_LINK_GONE);
	}
}

static void a_link_is_good_for_its_own_purpose_only(void **state)
{
	struct rig *r = *state;
	str query = rig_setup_link(r);

	rig_ask(r, link_show, query, S(""));
	assert_int_equal(r->e, ERR_LINK_GONE);
	rig_ask(r, link_submit, S(""),
	    with(r, query, "&password=a+long+enough+password&confirm=a+long+enough+password"));
	assert_int_equal(r->e, ERR_LINK_GONE);
	(void)rig_member(r, S("m@example.com"), S(""));
	str login = rig_login_link(r, rig_member(r, S("m@example.com"), S("")));
	rig_ask(r, setup_show, login, S(""));
	assert_int_equal(r->e, ERR_LINK_GONE);
}

static void what_the_setup_form_asks_for(void **state)
{
	struct rig *r = *state;
	str query = rig_setup_link(r);
	static const struct {
		const char *form, *words;
		/* clang-format off */
	} rows[] = {
		{ "&email=olive&password=a+long+enough+password&confirm=a+long+enough+password", "This is not an e-mail address." },
		{ "&email=o%40example.com&password=short&confirm=short", "The password is too short: at least 10 characters." },
		{ "&email=o%40example.com&password=aaaaaaaaaaaa&confirm=aaaaaaaaaaaa", "This password is too easy to guess." },
		{ "&email=olive%40example.com&password=Olive%40example.com&confirm=Olive%40example.com", "This password is too easy to guess." },
		{ "&email=o%40example.com&password=a+long+enough+password&confirm=a+long+enough+passwort", "The two passwords differ." },
		{ "&email=o%40example.com&password=a+long+enough+password", "The two passwords differ." },
		{ "&email=o%40example.com&name=%E2%80%AEx&password=a+long+enough+password&confirm=a+long+enough+password",
		    "The name has characters that cannot be shown." },
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(rows); i++) {
		rig_ask(r, setup_submit, S(""), with(r, query, rows[i].form));
		assert_int_equal(r->e, OK);
		assert_int_equal(r->reply.status, 400);
		assert_int_equal(r->c.page, PAGE_SETUP);
		assert_int_equal(r->c.fail.code, ERR_FORM_VALUE);
		const struct view_setup *v = r->c.view;
		assert_str(v->words, str_of(rows[i].words));
		assert_str(v->token, str_sub(query, 6, query.n));
	}
	rig_ask(r, setup_submit, S(""), with(r, query, OWNER_FORM)); /* the link is not used up by that */
	assert_int_equal(r->reply.status, 303);
}

static void somebody_invited_before_becomes_the_owner(void **state)
{
	struct rig *r = *state;
	int64_t id = rig_member(r, OLIVE, S(""));

	rig_ask(r, setup_submit, S(""), with(r, rig_setup_link(r), OWNER_FORM));
	assert_int_equal(r->reply.status, 303);
	struct actor a = rig_actor(r);
	assert_int_equal(a.user, id);
	assert_str(a.role, S("owner"));
}

static void a_new_person_gets_in_and_chooses_a_password(void **state)
{
	struct rig *r = *state;
	str query = rig_login_link(r, rig_member(r, S("second@example.com"), S("")));

	rig_ask(r, link_show, query, S(""));
	assert_int_equal(r->c.page, PAGE_LINK);
	const struct view_link *v = r->c.view;
	assert_true(v->fresh);
	assert_str(v->email, S("second@example.com"));
	rig_ask(r, link_submit, S(""), query); /* a password must be chosen */
	assert_int_equal(r->reply.status, 400);
	assert_int_equal(r->c.page, PAGE_LINK);
	rig_ask(r, link_submit, S(""),
	    with(r, query, "&password=another+long+password&confirm=another+long+password"));
	assert_int_equal(r->reply.status, 303);
	struct actor a = rig_actor(r);
	assert_str(a.email, S("second@example.com"));
	assert_str(a.role, S("member"));
	assert_str(a.methods, S("link"));
	r->session = S("");
	rig_login(r, S("second@example.com"), S("another long password"));
	assert_int_equal(r->reply.status, 303);
}

static void mail01_a_sign_in_link_works_once(void **state)
{
	struct rig *r = *state;
	str query = rig_login_link(r, rig_owner(r));

	rig_ask(r, link_submit, S(""), query);
	assert_int_equal(r->reply.status, 303);
	r->session = S("");
	rig_ask(r, link_show, query, S(""));
	assert_int_equal(r->e, ERR_LINK_GONE);
	rig_ask(r, link_submit, S(""), query);
	assert_int_equal(r->e, ERR_LINK_GONE);
	assert_int_equal(r->session.n, 0);
	assert_int_equal(rig_audits(r, S("auth.login.link")), 1);
}

static void an_owner_who_lost_the_password_gets_back(void **state)
{
	struct rig *r = *state;
	int64_t olive = rig_owner(r);

	rig_login(r, OLIVE, PASSWORD);
	str old = r->session;
	r->session = S("");
	for (int i = 0; i < 10; i++)
		rig_login(r, OLIVE, S("not the password"));
	assert_int_equal(r->reply.status, 429);
	str query = rig_login_link(r, olive), other = rig_login_link(r, olive);
	rig_ask(r, link_show, query, S(""));
	assert_false(((const struct view_link *)r->c.view)->fresh);
	rig_ask(r, link_submit, S(""),
	    with(r, query, "&password=a+new+long+password&confirm=a+new+long+password"));
	assert_int_equal(r->reply.status, 303);
	assert_str(rig_actor(r).email, OLIVE);
	/* What was signed in with the old one is out, and other links are void. */
	r->session = old;
	assert_int_equal(rig_actor(r).user, 0);
	rig_ask(r, link_show, other, S(""));
	assert_int_equal(r->e, ERR_LINK_GONE);
	r->now += 300;
	rig_login(r, OLIVE, S("a new long password"));
	assert_int_equal(r->reply.status, 303);
}

static void without_a_new_password_the_old_one_stays(void **state)
{
	struct rig *r = *state;

	rig_ask(r, link_submit, S(""), rig_login_link(r, rig_owner(r)));
	assert_int_equal(r->reply.status, 303);
	rig_login(r, OLIVE, PASSWORD);
	assert_int_equal(r->reply.status, 303);
}

struct person {
	struct rig *r;
	int64_t user;
};

static enum err block(struct db *db, void *arg)
{
	const struct person *m = arg;
	struct user_set_status_in in = {
		.id = m->user, .tenant = m->r->site.tenant.id, .status = S("blocked"), .now = m->r->now
	};

	return q_user_set_status(db, m->r->mem, &in, NULL);
}

static void a_blocked_persons_link_is_gone(void **state)
{
	struct rig *r = *state;
	int64_t user = rig_member(r, S("second@example.com"), S(""));
	str query = rig_login_link(r, user);

	rig_write(r, block, &(struct person){ r, user });
	rig_ask(r, link_show, query, S(""));
	assert_int_equal(r->e, ERR_LINK_GONE);
	rig_ask(r, link_submit, S(""),
	    with(r, query, "&password=another+long+password&confirm=another+long+password"));
	assert_int_equal(r->e, ERR_LINK_GONE);
}

static void mail09_the_address_of_a_link_is_configured(void **state)
{
	struct rig *r = *state;

	r->host = S("evil.example");
	str query = rig_login_link(r, rig_owner(r)); /* asserts the address */
	rig_ask(r, link_submit, S(""), query);
	assert_str(rig_header(r, S("Location")), S("http://localhost:8080/"));
}

static void a_person_is_made_once(void **state)
{
	struct rig *r = *state;
	int64_t a = rig_member(r, S("second@example.com"), S("")),
		b = rig_member(r, S("second@example.com"), S(""));

	assert_int_equal(a, b);
}

static void the_tenant_is_made_once(void **state)
{
	struct rig *r = *state;
	struct tenant again;
	bool owned;

	assert_int_equal(tenant_ensure(r->write, r->mem, r->now + 10, S("http://other:1"), &again), OK);
	assert_int_equal(again.id, r->site.tenant.id);
	assert_str(again.issuer, S("http://other:1"));
	assert_int_equal(owner_exists(r->read, r->mem, again.id, &owned), OK);
	assert_false(owned);
	(void)rig_owner(r);
	assert_int_equal(owner_exists(r->read, r->mem, again.id, &owned), OK);
	assert_true(owned);
}

struct second {
	struct rig *r;
	enum err e;
};

static enum err second_owner(struct db *db, void *arg)
{
	struct second *s = arg;
	int64_t id;

	s->e =
	    owner_make(db, s->r->mem, s->r->site.tenant.id, s->r->now, S("x@example.com"), S(""), S(""), &id);
	return OK;
}

static void there_is_one_first_owner(void **state)
{
	struct rig *r = *state;
	struct second s = { .r = r };
	str query = rig_setup_link(r);

	(void)rig_owner(r);
	rig_write(r, second_owner, &s);
	assert_int_equal(s.e, ERR_SETUP_DONE);
	rig_ask(r, setup_show, query, S(""));
	assert_int_equal(r->e, ERR_SETUP_DONE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_link_makes_the_owner_and_signs_in),
		TEST(mail02_opening_a_link_changes_nothing),
		TEST(mail01_a_setup_link_works_once),
		TEST(a_newer_setup_link_voids_the_older),
		TEST(a_setup_link_lives_a_day),
		TEST(no_token_is_made_up),
		TEST(a_link_is_good_for_its_own_purpose_only),
		TEST(what_the_setup_form_asks_for),
		TEST(somebody_invited_before_becomes_the_owner),
		TEST(a_new_person_gets_in_and_chooses_a_password),
		TEST(mail01_a_sign_in_link_works_once),
		TEST(an_owner_who_lost_the_password_gets_back),
		TEST(without_a_new_password_the_old_one_stays),
		TEST(a_blocked_persons_link_is_gone),
		TEST(mail09_the_address_of_a_link_is_configured),
		TEST(a_person_is_made_once),
		TEST(the_tenant_is_made_once),
		TEST(there_is_one_first_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
