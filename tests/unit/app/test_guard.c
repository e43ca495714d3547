#include "app/guard.h"
#include "rig.h"

#define COOKIE "Cookie: __Host-gh_browser=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
#define POST(more)                                                     \
	"POST /login HTTP/1.1\r\nHost: gate.example\r\nContent-Type: " \
	"application/x-www-form-urlencoded\r\n" more "\r\n"

static enum err check(struct rig *r, const char *head, const char *body, enum guard guard, bool *answered)
{
	rig_open(r, head);
	r->rq.http.body = str_of(body);
	enum err e = guard_params(r->c);
	return e != OK ? e : guard_check(r->c, guard, answered);
}

static void makes_a_browser_cookie_once(void **state)
{
	struct rig r;
	bool answered;
	(void)state;

	assert_int_equal(
	    check(&r, "GET /login HTTP/1.1\r\nHost: gate.example\r\n\r\n", "", GUARD_MAYBE, &answered), OK);
	assert_int_equal(r.c->browser.len, 43);
	guard_cookies(r.c);
	str cookie = rig_header(&r, "Set-Cookie");
	assert_true(str_starts(cookie, S("__Host-gh_browser=")));
	assert_true(
	    rig_has(cookie, "HttpOnly") && rig_has(cookie, "Secure") && rig_has(cookie, "SameSite=Lax"));
	rig_close(&r);

	assert_int_equal(check(&r, "GET /login HTTP/1.1\r\nHost: gate.example\r\n" COOKIE "\r\n", "",
			     GUARD_MAYBE, &answered),
	    OK);
	guard_cookies(r.c);
	assert_int_equal(rig_header(&r, "Set-Cookie").n, 0);
	rig_close(&r);
}

/* A cookie that somebody else planted in a form of theirs, with signs that no cookie of ours has. */
static void replaces_a_cookie_that_is_none_of_ours(void **state)
{
	struct rig r;
	bool answered;
	(void)state;

	assert_int_equal(
	    check(&r, "GET /login HTTP/1.1\r\nHost: gate.example\r\nCookie: __Host-gh_browser=x\r\n\r\n", "",
		GUARD_MAYBE, &answered),
	    OK);
	assert_true(r.x->new_browser);
	rig_close(&r);
}

static void checks_the_form_token(void **state)
{
	struct rig r;
	bool answered;
	char body[128];
	(void)state;

	rig_open(&r, POST(COOKIE));
	r.c->browser = secret_of(S("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
	str good = form_token(r.c);
	snprintf(body, sizeof body, "a=b&csrf=%.*s", FMT(good));
	rig_close(&r);

	assert_int_equal(check(&r, POST(COOKIE), body, GUARD_FORM, &answered), OK);
	rig_close(&r);
	assert_int_equal(check(&r, POST(""), body, GUARD_FORM, &answered), ERR_CSRF); /* no cookie */
	rig_close(&r);
	assert_int_equal(check(&r, POST(COOKIE), "a=b", GUARD_FORM, &answered), ERR_CSRF);
	rig_close(&r);
	assert_int_equal(check(&r, POST(COOKIE), "csrf=wrong", GUARD_FORM, &answered), ERR_CSRF);
	rig_close(&r);
	assert_int_equal(
	    check(&r,
		"POST /login HTTP/1.1\r\nHost: gate.example\r\nContent-Type: text/plain\r\n" COOKIE "\r\n",
		body, GUARD_FORM, &answered),
	    ERR_CONTENT_TYPE);
	rig_close(&r);
}

static void sends_to_the_sign_in_and_back(void **state)
{
	struct rig r;
	bool answered = false;
	(void)state;

	assert_int_equal(check(&r, "GET /account?a=b%26c HTTP/1.1\r\nHost: gate.example\r\n\r\n", "",
			     GUARD_SESSION, &answered),
	    OK);
	assert_true(answered);
	assert_int_equal(r.x->reply.status, 303);
	same("and back", rig_header(&r, "Location"), S("/login?next=%2Faccount%3Fa%3Db%2526c"));
	rig_close(&r);

	assert_int_equal(check(&r, POST(COOKIE), "", GUARD_SESSION_FORM, &answered), ERR_SESSION_MISSING);
	rig_close(&r);
}

static void refuses_broken_parameters(void **state)
{
	struct rig r;
	bool answered;
	(void)state;

	assert_int_equal(check(&r, "GET /authorize?a=%zz HTTP/1.1\r\nHost: gate.example\r\n\r\n", "",
			     GUARD_NONE, &answered),
	    ERR_PARAM_SYNTAX);
	rig_close(&r);
	assert_int_equal(check(&r, POST(""), "a=%00", GUARD_NONE, &answered), ERR_PARAM_SYNTAX);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_a_browser_cookie_once),
		cmocka_unit_test(replaces_a_cookie_that_is_none_of_ours),
		cmocka_unit_test(checks_the_form_token),
		cmocka_unit_test(sends_to_the_sign_in_and_back),
		cmocka_unit_test(refuses_broken_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
