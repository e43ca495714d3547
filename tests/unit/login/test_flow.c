/* The sign-in. Names begin with the attack they answer (the list of the specification). */
#include "login/rig.h"

#include <stdlib.h>
#include <time.h>

static int setup(void **state)
{
	struct rig *r = rig_new("http://localhost:8080");

	(void)rig_owner(r);
	*state = r;
	return 0;
}

static int setup_https(void **state)
{
	struct rig *r = rig_new("https://mcp.example.com");

	(void)rig_owner(r);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	rig_free(*state);
	return 0;
}

static void assert_wrong(struct rig *r)
{
	assert_int_equal(r->e, OK);
	assert_int_equal(r->reply.status, 401);
	assert_int_equal(r->c.page, PAGE_LOGIN);
	assert_int_equal(r->c.fail.code, ERR_PASSWORD_WRONG);
	assert_int_equal(rig_header(r, S("Set-Cookie")).n, 0);
}

static void assert_in(struct rig *r, str location)
{
	assert_int_equal(r->e, OK);
	assert_int_equal(r->reply.status, 303); /* AUTHZ-35: credentials are not sent again */
	assert_str(rig_header(r, S("Location")), location);
	assert_true(r->session.n > 0);
}

static void the_right_password_signs_in(void **state)
{
	struct rig *r = *state;

	rig_login(r, OLIVE, PASSWORD);
	assert_in(r, S("http://localhost:8080/"));
	struct actor a = rig_actor(r);
	assert_str(a.email, OLIVE);
	assert_str(a.role, S("owner"));
	assert_str(a.methods, S("pwd"));
	assert_int_equal(a.auth_time, NOW);
	assert_int_equal(rig_audits(r, S("auth.login")), 1);
}

static void the_address_is_taken_in_any_spelling(void **state)
{
	struct rig *r = *state;

	rig_login(r, S("  Olive@Example.COM "), PASSWORD);
	assert_in(r, S("http://localhost:8080/"));
}

static void sess01_cookie_on_http(void **state)
{
	struct rig *r = *state;

	rig_login(r, OLIVE, PASSWORD);
	str cookie = rig_header(r, S("Set-Cookie"));
	assert_true(str_starts(cookie, S("gh_session=gh_ss_")));
	assert_true(str_find(cookie, S("HttpOnly")) > 0);
	assert_true(str_find(cookie, S("SameSite=Lax")) > 0);
	assert_true(str_find(cookie, S("Path=/")) > 0);
	assert_int_equal(str_find(cookie, S("Domain")), -1);
	assert_int_equal(str_find(cookie, S("Secure")), -1);
}

static void sess01_cookie_on_https(void **state)
{
	struct rig *r = *state;

	rig_login(r, OLIVE, PASSWORD);
	str cookie = rig_header(r, S("Set-Cookie"));
	assert_true(str_starts(cookie, S("__Host-gh_session=gh_ss_")));
	assert_true(str_find(cookie, S("; Secure")) > 0);
	assert_int_equal(str_find(cookie, S("Domain")), -1);
	/* The name without the prefix means nothing here. */
	str good = r->session;
	r->session = S("");
	r->browser = arena_printf(r->mem, "x; gh_session=%.*s", FMT(good));
	assert_int_equal(rig_actor(r).user, 0);
}

static void sess02_a_planted_session_is_not_signed_in(void **state)
{
	struct rig *r = *state;
	static const str planted[] = { S_INIT("x"), S_INIT("gh_ss_"),
		S_INIT("gh_ss_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") };

	for (size_t i = 0; i < COUNT(planted); i++) {
		r->session = planted[i];
		rig_login(r, OLIVE, PASSWORD);
		assert_in(r, S("http://localhost:8080/"));
		assert_false(str_eq(r->session, planted[i]));
		r->session = planted[i];
		assert_int_equal(rig_actor(r).user, 0);
	}
}

static void sess02_the_old_session_of_this_browser_goes(void **state)
{
	struct rig *r = *state;

	rig_login(r, OLIVE, PASSWORD);
	str first = r->session;
	rig_login(r, OLIVE, PASSWORD);
	assert_false(str_eq(first, r->session));
	assert_true(rig_actor(r).user != 0);
	r->session = first;
	assert_int_equal(rig_actor(r).user, 0);
}

static void sess03_no_part_of_two_cookies_is_shared(void **state)
{
	struct rig *r = *state;
	str seen[8];

	for (size_t i = 0; i < COUNT(seen); i++) {
		r->session = S("");
		rig_login(r, OLIVE, PASSWORD);
		seen[i] = r->session;
		assert_true(seen[i].n >= 6 + 54); /* 8 bytes of id and 256 random bits */
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(str_sub(seen[i], 17, 60), str_sub(seen[k], 17, 60)));
	}
}

static void sess05_strange_cookies_are_nobody(void **state)
{
	struct rig *r = *state;
	struct buf b = BUF(r->mem);

	for (int i = 0; i < 60000; i++)
		buf_char(&b, 'A');
	rig_login(r, OLIVE, PASSWORD);
	const str strange[] = { buf_str(&b), str_sub(r->session, 0, r->session.n - 1),
		arena_printf(r->mem, "%.*sA", FMT(r->session)),
		arena_printf(r->mem, "%.*s=", FMT(r->session)), S("gh_ss_\xff\xfe"), S("\"\"") };
	for (size_t i = 0; i < COUNT(strange); i++) {
		r->session = strange[i];
		assert_int_equal(rig_actor(r).user, 0);
		assert_int_equal(r->e, OK);
	}
}

/* All that the page shows, but for the address that was typed. */
static str show(struct rig *r)
{
	const struct view_login *v = r->c.view;

	return arena_printf(r->mem, "%d %.*s|%.*s|%.*s|%.*s|%.*s|%.*s", r->reply.status, FMT(v->csrf),
	    FMT(v->txn), FMT(v->next), FMT(v->words), FMT(v->id), FMT(v->person));
}

static void sess09_known_and_unknown_get_the_same_answer(void **state)
{
	struct rig *r = *state;

	rig_login(r, OLIVE, S("not the password"));
	assert_wrong(r);
	str known = show(r), detail = r->c.fail.detail;
	size_t headers = r->reply.header_count;
	rig_login(r, S("nosuch@example.com"), S("not the password"));
	assert_wrong(r);
	assert_str(show(r), known);
	assert_str(r->c.fail.detail, detail);
	assert_int_equal(r->reply.header_count, headers);
	/* and for somebody without a password */
	(void)rig_member(r, S("fresh1@example.com"), S(""));
	rig_login(r, S("fresh1@example.com"), S("not the password"));
	assert_wrong(r);
	assert_str(show(r), known);
	rig_login(r, S("fresh1@example.com"), S(""));
	assert_int_equal(r->reply.status, 400);
	assert_int_equal(r->c.fail.code, ERR_FORM_VALUE);
}

static double seconds(struct rig *r, str email)
{
	struct timespec a, b;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	rig_login(r, email, S("not the password"));
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void sess10_known_and_unknown_take_the_same_time(void **state)
{
	struct rig *r = *state;
	double known[5], unknown[5];

	for (int i = 0; i < 5; i++) {
		r->now += 600;
		known[i] = seconds(r, OLIVE);
		unknown[i] = seconds(r, arena_printf(r->mem, "nosuch%d@example.com", i));
	}
	assert_int_equal(r->hashes, 10);
	qsort(known, 5, sizeof *known, by_size);
	qsort(unknown, 5, sizeof *unknown, by_size);
	assert_true(unknown[2] > known[2] * 0.6 && unknown[2] < known[2] / 0.6);
}

static void sess11_wrong_passwords_slow_down_and_never_lock_out(void **state)
{
	struct rig *r = *state;
	int wrong = 0, throttled = 0;

	for (int i = 0; i < 25; i++) {
		rig_login(r, i % 2 ? OLIVE : S("OLIVE@example.com"),
		    S("not the password")); /* from another spelling too */
		if (r->reply.status == 429)
			throttled++;
		else
			wrong++;
	}
	assert_int_equal(wrong, 6);
	assert_int_equal(throttled, 19);
	assert_str(rig_header(r, S("Retry-After")), S("1"));
	assert_int_equal(r->c.fail.code, ERR_THROTTLED);
	assert_int_equal(r->c.page, PAGE_LOGIN);
	/* The right one does not pass either, until the delay is over; then it does, and all is forgotten. */
	rig_login(r, OLIVE, PASSWORD);
	assert_int_equal(r->reply.status, 429);
	r->now += 1;
	rig_login(r, OLIVE, S("not the password"));
	assert_wrong(r);
	rig_login(r, OLIVE, PASSWORD);
	assert_int_equal(r->reply.status, 429);
	assert_str(rig_header(r, S("Retry-After")), S("2"));
	r->now += 2;
	rig_login(r, OLIVE, PASSWORD);
	assert_in(r, S("http://localhost:8080/"));
	for (int i = 0; i < 5; i++) {
		rig_login(r, OLIVE, S("not the password"));
		assert_wrong(r);
	}
}

static void sess11_the_delay_grows_to_five_minutes(void **state)
{
	struct rig *r = *state;
	static const int64_t delays[] = { 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 };

	r->peer = S("127.0.0.1");
	for (size_t i = 0; i < COUNT(delays); i++) {
		rig_login(r, OLIVE, S("not the password"));
		assert_wrong(r);
		if (delays[i] == 0)
			continue;
		r->now += delays[i] - 1;
		rig_login(r, OLIVE, PASSWORD);
		assert_int_equal(r->reply.status, 429);
		r->now += 1;
	}
	rig_login(r, OLIVE, PASSWORD);
	assert_in(r, S("http://localhost:8080/"));
}

static void sess11_a_network_is_counted_over_accounts(void **state)
{
	struct rig *r = *state;
	int throttled = 0;

	for (int i = 0; i < 30; i++) {
		r->peer = i % 2 ? S("2001:db8:1:2::1") : S("2001:db8:1:2:ffff::2"); /* one /64 */
		rig_login(r, arena_printf(r->mem, "somebody%d@example.com", i), S("not the password"));
		throttled += r->reply.status == 429;
	}
	assert_int_equal(throttled, 9);
	r->peer = S("2001:db8:1:3::1");
	rig_login(r, OLIVE, PASSWORD);
	assert_in(r, S("http://localhost:8080/"));
}

static void throttled_attempts_reach_no_hash(void **state)
{
	struct rig *r = *state;

	for (int i = 0; i < 50; i++)
		rig_login(r, OLIVE, S("not the password"));
	assert_int_equal(r->hashes, 6);
}

static void sess13_odd_bodies_are_refused(void **state)
{
	struct rig *r = *state;
	struct buf b = BUF(r->mem);

	buf_put(&b, S("email=olive%40example.com&password="));
	for (int i = 0; i < 257; i++)
		buf_char(&b, 'p');
	rig_ask(r, login_submit, S(""), buf_str(&b));
	assert_int_equal(r->e, ERR_PARAM_TOO_LONG);
	rig_ask(r, login_submit, S(""), S("email=olive%40example.com&email=x&password=y"));
	assert_int_equal(r->e, ERR_PARAM_DUPLICATE);
	rig_ask(r, login_submit, S(""), S("email=olive%40example.com&password=a%00b"));
	assert_int_equal(r->e, ERR_PARAM_SYNTAX);
	rig_ask(r, login_submit, S(""), S("email[]=olive%40example.com&password[]=x"));
	assert_int_equal(r->reply.status, 400);
	rig_ask(r, login_submit, S(""), S("email=olive%0d%0aX%40example.com&password=x"));
	assert_int_equal(r->e, ERR_PARAM_ALPHABET);
	b.n = 0;
	for (int i = 0; i < 10000; i++)
		buf_put(&b, S("a=b&"));
	rig_ask(r, login_submit, S(""), buf_str(&b));
	assert_int_equal(r->e, ERR_PARAM_SYNTAX);
	assert_int_equal(r->hashes, 0);
}

static void sess14_the_host_header_is_in_no_address(void **state)
{
	struct rig *r = *state;

	r->host = S("evil.example");
	rig_ask(r, login_show, S("txn=t&next=/account"), S(""));
	assert_int_equal(str_find(show(r), S("evil.example")), -1);
	rig_login(r, OLIVE, PASSWORD);
	assert_in(r, S("http://localhost:8080/"));
}

static void where_it_goes_on(void **state)
{
	struct rig *r = *state;
	static const struct {
		const char *form, *location;
		/* clang-format off */
	} rows[] = {
		{ "txn=tx_1", "http://localhost:8080/consent?txn=tx_1" },
		{ "txn=tx_1&next=/account", "http://localhost:8080/consent?txn=tx_1" },
		{ "next=/account/connections%3Fgrant%3Dg", "http://localhost:8080/account/connections?grant=g" },
		{ "next=//evil.example/", "http://localhost:8080/" },
		{ "next=/%5Cevil.example", "http://localhost:8080/" },
		{ "next=https://evil.example", "http://localhost:8080/" },
		{ "next=javascript:alert(1)", "http://localhost:8080/" },
		{ "next=/a%0d%0aSet-Cookie:%20x=y", "http://localhost:8080/" },
		{ "next=/%09/evil.example", "http://localhost:8080/" },
		{ "txn=../%3Fx", "http://localhost:8080/" },
		{ "txn=a%26b", "http://localhost:8080/" },
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(rows); i++) {
		rig_ask(r, login_submit, S(""),
		    arena_printf(
			r->mem, "email=olive@example.com&password=a+long+enough+password&%s", rows[i].form));
		assert_in(r, str_of(rows[i].location));
	}
}

static void the_form_is_shown_again_with_what_was_typed(void **state)
{
	struct rig *r = *state;

	rig_ask(r, login_submit, S(""), S("email=olive%40example.com&password=wrong+wrong&txn=tx_9"));
	const struct view_login *v = r->c.view;
	assert_str(v->txn, S("tx_9"));
	assert_str(v->email, OLIVE);
	assert_true(v->words.n > 0);
	assert_true(v->csrf.n > 0);
}

static void who_is_signed_in_is_sent_on_unless_an_authorization_asks(void **state)
{
	struct rig *r = *state;

	rig_ask(r, login_show, S(""), S(""));
	assert_int_equal(r->c.page, PAGE_LOGIN);
	rig_login(r, OLIVE, PASSWORD);
	rig_ask(r, login_show, S("next=/account"), S(""));
	assert_int_equal(r->reply.status, 303);
	assert_str(rig_header(r, S("Location")), S("http://localhost:8080/account"));
	rig_ask(r, login_show, S("txn=tx_1"), S(""));
	assert_int_equal(r->c.page, PAGE_LOGIN);
	assert_str(((const struct view_login *)r->c.view)->person, OLIVE);
}

static void somebody_else_can_sign_in_instead(void **state)
{
	struct rig *r = *state;

	(void)rig_member(r, S("second@example.com"), S("another long password"));
	rig_login(r, OLIVE, PASSWORD);
	str olives = r->session;
	rig_ask(
	    r, login_submit, S(""), S("email=second%40example.com&password=another+long+password&txn=tx_1"));
	assert_in(r, S("http://localhost:8080/consent?txn=tx_1"));
	assert_str(rig_actor(r).email, S("second@example.com"));
	r->session = olives;
	assert_int_equal(rig_actor(r).user, 0);
}

static enum err block(struct db *db, void *arg)
{
	struct rig *r = arg;
	struct user_by_email_in in = { .tenant = r->site.tenant.id, .email = S("second@example.com") };
	struct user_by_email_out row;

	TRY(q_user_by_email(db, r->mem, &in, &row));
	return q_user_set_status(db, r->mem,
	    &(struct user_set_status_in){
		.id = row.id, .tenant = in.tenant, .status = S("blocked"), .now = r->now },
	    NULL);
}

static void a_blocked_person_is_out_and_stays_out(void **state)
{
	struct rig *r = *state;

	(void)rig_member(r, S("second@example.com"), S("another long password"));
	rig_login(r, S("second@example.com"), S("another long password"));
	assert_true(rig_actor(r).user != 0);
	rig_write(r, block, r);
	assert_int_equal(rig_actor(r).user, 0);
	rig_login(r, S("second@example.com"), S("another long password"));
	assert_wrong(r);
}

static void sess07_logout_asks_first(void **state)
{
	struct rig *r = *state;

	rig_login(r, OLIVE, PASSWORD);
	rig_ask(r, logout_show, S("post_logout_redirect_uri=https://evil.example"), S(""));
	assert_int_equal(r->c.page, PAGE_LOGOUT);
	assert_true(rig_actor(r).user != 0);
}

static void sess06_logout_leads_nowhere_else(void **state)
{
	struct rig *r = *state;

	rig_login(r, OLIVE, PASSWORD);
	str old = r->session;
	rig_ask(r, logout_submit, S("post_logout_redirect_uri=https://evil.example"),
	    S("post_logout_redirect_uri=https://evil.example"));
	assert_int_equal(r->reply.status, 303);
	assert_str(rig_header(r, S("Location")), S("http://localhost:8080/"));
	assert_int_equal(r->session.n, 0);
	assert_int_equal(rig_audits(r, S("auth.logout")), 1);
	r->session = old;
	assert_int_equal(rig_actor(r).user, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_right_password_signs_in),
		TEST(the_address_is_taken_in_any_spelling),
		TEST(sess01_cookie_on_http),
		cmocka_unit_test_setup_teardown(sess01_cookie_on_https, setup_https, teardown),
		TEST(sess02_a_planted_session_is_not_signed_in),
		TEST(sess02_the_old_session_of_this_browser_goes),
		TEST(sess03_no_part_of_two_cookies_is_shared),
		TEST(sess05_strange_cookies_are_nobody),
		TEST(sess09_known_and_unknown_get_the_same_answer),
		TEST(sess10_known_and_unknown_take_the_same_time),
		TEST(sess11_wrong_passwords_slow_down_and_never_lock_out),
		TEST(sess11_the_delay_grows_to_five_minutes),
		TEST(sess11_a_network_is_counted_over_accounts),
		TEST(throttled_attempts_reach_no_hash),
		TEST(sess13_odd_bodies_are_refused),
		TEST(sess14_the_host_header_is_in_no_address),
		TEST(where_it_goes_on),
		TEST(the_form_is_shown_again_with_what_was_typed),
		TEST(who_is_signed_in_is_sent_on_unless_an_authorization_asks),
		TEST(somebody_else_can_sign_in_instead),
		TEST(a_blocked_person_is_out_and_stays_out),
		TEST(sess07_logout_asks_first),
		TEST(sess06_logout_leads_nowhere_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
