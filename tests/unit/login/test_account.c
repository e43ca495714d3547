#include "login/rig.h"

#include "login/link.h"

static int setup(void **state)
{
	struct rig *r = rig_new("http://localhost:8080");

	(void)rig_owner(r);
	rig_login(r, OLIVE, PASSWORD);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	rig_free(*state);
	return 0;
}

#define NEW_PASSWORD "&password=a+new+long+password&confirm=a+new+long+password"

static void the_page_says_who_one_is(void **state)
{
	struct rig *r = *state;

	rig_ask(r, account_show, S(""), S(""));
	const struct view_account *v = r->c.view;
	assert_str(v->person, OLIVE);
	assert_str(v->role, S("owner"));
	assert_true(v->current);
	assert_false(v->done);
}

static void the_password_is_changed_and_other_browsers_are_out(void **state)
{
	struct rig *r = *state;
	str here = r->session;

	r->session = S("");
	rig_login(r, OLIVE, PASSWORD);
	str there = r->session;
	r->session = here;
	rig_ask(r, account_submit, S(""), S("current=a+long+enough+password" NEW_PASSWORD));
	assert_int_equal(r->reply.status, 303);
	assert_str(rig_header(r, S("Location")), S("http://localhost:8080/account?done=1"));
	assert_true(rig_actor(r).user != 0);
	r->session = there;
	assert_int_equal(rig_actor(r).user, 0);
	rig_login(r, OLIVE, PASSWORD);
	assert_int_equal(r->reply.status, 401);
	rig_login(r, OLIVE, S("a new long password"));
	assert_int_equal(r->reply.status, 303);
	assert_int_equal(rig_audits(r, S("auth.password.change")), 1);
}

static void the_current_password_is_needed(void **state)
{
	struct rig *r = *state;

	rig_ask(r, account_submit, S(""), S("current=wrong+password" NEW_PASSWORD));
	assert_int_equal(r->reply.status, 401);
	assert_int_equal(r->c.page, PAGE_ACCOUNT);
	assert_int_equal(r->c.fail.code, ERR_PASSWORD_WRONG);
	static const char *const none[] = { NEW_PASSWORD + 1, "current=" NEW_PASSWORD };
	for (size_t i = 0; i < COUNT(none); i++) {
		rig_ask(r, account_submit, S(""), str_of(none[i]));
		assert_int_equal(r->reply.status, 400);
		assert_int_equal(r->c.fail.code, ERR_FORM_VALUE);
	}
	r->session = S("");
	rig_login(r, OLIVE, PASSWORD);
	assert_int_equal(r->reply.status, 303);
}

static void guessing_it_here_is_throttled_too(void **state)
{
	struct rig *r = *state;

	for (int i = 0; i < 8; i++)
		rig_ask(r, account_submit, S(""), S("current=wrong+password" NEW_PASSWORD));
	assert_int_equal(r->reply.status, 429);
	assert_true(rig_header(r, S("Retry-After")).n > 0);
	rig_login(r, OLIVE, PASSWORD);
	assert_int_equal(r->reply.status, 429);
}

static void what_a_new_password_must_be_like(void **state)
{
	struct rig *r = *state;

	rig_ask(r, account_submit, S(""), S("current=a+long+enough+password&password=short&confirm=short"));
	assert_int_equal(r->reply.status, 400);
	assert_int_equal(r->c.fail.code, ERR_FORM_VALUE);
	/* ten characters of two bytes each are long enough, nine are not */
	rig_ask(r, account_submit, S(""),
	    S("current=x&password=%C3%A4%C3%B6%C3%BC%C3%A4%C3%B6%C3%BC%C3%A4%C3%B6%C3%BC&confirm=x"));
	assert_str(((const struct view_account *)r->c.view)->words,
	    S("The password is too short: at least 10 characters."));
	rig_ask(r, account_submit, S(""),
	    S("current=a+long+enough+password&password=%C3%A4%C3%B6%C3%BC%C3%A4%C3%B6%C3%BC%C3%A4%C3%B6%C3%"
	      "BC%C3%A4"
	      "&confirm=%C3%A4%C3%B6%C3%BC%C3%A4%C3%B6%C3%BC%C3%A4%C3%B6%C3%BC%C3%A4"));
	assert_int_equal(r->reply.status, 303);
}

static void after_a_sign_in_by_link_it_is_not_asked_for_ten_minutes(void **state)
{
	struct rig *r = *state;

	rig_ask(r, link_submit, S(""), rig_login_link(r, rig_actor(r).user));
	assert_int_equal(r->reply.status, 303);
	rig_ask(r, account_show, S(""), S(""));
	assert_false(((const struct view_account *)r->c.view)->current);
	r->now += 601;
	rig_ask(r, account_show, S(""), S(""));
	assert_true(((const struct view_account *)r->c.view)->current);
	rig_ask(r, account_submit, S(""), str_of(NEW_PASSWORD + 1));
	assert_int_equal(r->reply.status, 400);
	r->now -= 601;
	rig_ask(r, account_submit, S(""), str_of(NEW_PASSWORD + 1));
	assert_int_equal(r->reply.status, 303);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_page_says_who_one_is),
		TEST(the_password_is_changed_and_other_browsers_are_out),
		TEST(the_current_password_is_needed),
		TEST(guessing_it_here_is_throttled_too),
		TEST(what_a_new_password_must_be_like),
		TEST(after_a_sign_in_by_link_it_is_not_asked_for_ten_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
