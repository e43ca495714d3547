#include "login/rig.h"

#include "login/session.h"

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

/* A step that writes and reads the session again, as consent does. */
static enum err write_again(struct ctx *c)
{
	TRY(session_load(c));
	c->reply->status = 200;
	return OK;
}

static enum err write(struct ctx *c)
{
	return NEED(c, LANE_WRITE, write_again);
}

static void it_ends_30_days_after_its_last_use(void **state)
{
	struct rig *r = *state;

	r->now += SESSION_SECONDS - 1;
	assert_true(rig_actor(r).user != 0);
	r->now += 1;
	assert_int_equal(rig_actor(r).user, 0);
}

static void reading_does_not_move_the_end(void **state)
{
	struct rig *r = *state;

	r->now += SESSION_SECONDS / 2;
	assert_true(rig_actor(r).user != 0);
	assert_int_equal(rig_header(r, S("Set-Cookie")).n, 0);
	r->now += SESSION_SECONDS / 2;
	assert_int_equal(rig_actor(r).user, 0);
}

static void writing_moves_it_and_says_so_to_the_browser(void **state)
{
	struct rig *r = *state;
	str cookie = r->session;

	r->now += SESSION_SECONDS / 2;
	rig_ask(r, write, S(""), S(""));
	assert_true(str_find(rig_header(r, S("Set-Cookie")), S("Max-Age=2592000")) > 0);
	assert_str(r->session, cookie);
	r->now += SESSION_SECONDS - 1;
	assert_true(rig_actor(r).user != 0);
}

static void but_once_an_hour_only(void **state)
{
	struct rig *r = *state;

	r->now += 3599;
	rig_ask(r, write, S(""), S(""));
	assert_int_equal(rig_header(r, S("Set-Cookie")).n, 0);
	r->now += 1;
	rig_ask(r, write, S(""), S(""));
	assert_true(rig_header(r, S("Set-Cookie")).n > 0);
}

static void it_is_of_one_tenant(void **state)
{
	struct rig *r = *state;

	r->site.tenant.id++;
	assert_int_equal(rig_actor(r).user, 0);
	r->site.tenant.id--;
	assert_true(rig_actor(r).user != 0);
}

static void the_id_alone_opens_nothing(void **state)
{
	struct rig *r = *state;
	str changed = arena_copy(r->mem, r->session);

	((char *)(uintptr_t)changed.p)[changed.n - 8] ^= 1;
	r->session = changed;
	assert_int_equal(rig_actor(r).user, 0);
}

/* A group that was lost is run again: the second run must do what the first one did. */
static enum err make_twice(struct ctx *c)
{
	TRY(session_make(c, *(int64_t *)c->state, S("pwd")));
	c->reply->header_count = 0;
	return session_make(c, *(int64_t *)c->state, S("pwd"));
}

static enum err twice(struct ctx *c)
{
	static int64_t user;

	user = c->actor.user;
	c->state = &user;
	return NEED(c, LANE_WRITE, make_twice);
}

static void a_sign_in_that_is_run_again_ends_the_old_session_too(void **state)
{
	struct rig *r = *state;
	str old = r->session;

	rig_ask(r, twice, S(""), S(""));
	assert_int_equal(r->e, OK);
	assert_str(r->c.actor.email, OLIVE);
	assert_true(rig_actor(r).user != 0);
	assert_false(str_eq(old, r->session));
	r->session = old;
	assert_int_equal(rig_actor(r).user, 0);
}

static void somebody_elses_cookie_is_not_ended_by_its_id(void **state)
{
	struct rig *r = *state;
	str good = r->session, forged = arena_copy(r->mem, good);

	((char *)(uintptr_t)forged.p)[forged.n - 8] ^= 1;
	r->session = forged;
	rig_login(r, OLIVE, PASSWORD);
	r->session = good;
	assert_true(rig_actor(r).user != 0);
}

static void a_form_token_from_before_the_sign_in_is_void_after_it(void **state)
{
	struct rig *r = *state;
	str session = r->session;

	(void)rig_actor(r);
	str in = form_token(&r->c);
	r->session = S("");
	(void)rig_actor(r);
	str out = form_token(&r->c);
	assert_false(str_eq(in, out));
	r->session = session;
	r->browser = S("another-browser");
	(void)rig_actor(r);
	assert_false(str_eq(in, form_token(&r->c)));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_ends_30_days_after_its_last_use),
		TEST(reading_does_not_move_the_end),
		TEST(writing_moves_it_and_says_so_to_the_browser),
		TEST(but_once_an_hour_only),
		TEST(it_is_of_one_tenant),
		TEST(the_id_alone_opens_nothing),
		TEST(a_sign_in_that_is_run_again_ends_the_old_session_too),
		TEST(somebody_elses_cookie_is_not_ended_by_its_id),
		TEST(a_form_token_from_before_the_sign_in_is_void_after_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
