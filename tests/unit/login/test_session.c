#include "login/rig.h"

#include "base/id.h"
#include "crypto/crypto.h"

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

static int64_t counted;

static enum err count_notices(struct db *db, void *arg)
{
	struct rig *r = arg;
	struct logout_notice_due_in in = { .tenant = r->site.tenant.id, .now = r->now };
	struct logout_notice_due_out row;
	struct logout_notice_drop_in drop;

	for (counted = 0; q_logout_notice_due(db, r->mem, &in, &row) == OK; counted++) {
		drop = (struct logout_notice_drop_in){ .id = row.id, .tenant = in.tenant };
		TRY(q_logout_notice_drop(db, r->mem, &drop, NULL));
	}
	return OK;
}

/* How many applications were to be told since the last look. */
static int64_t notices(struct rig *r)
{
	rig_write(r, count_notices, r);
	return counted;
}

struct open {
	struct rig *r;
	int64_t user, sid;
	str scope;
};

static enum err open_grant(struct db *db, void *arg)
{
	struct open *o = arg;
	int64_t id = id_make(o->r->now * 1000, rand_u32());
	struct grant_put_in grant = { .id = id,
		.tenant = o->r->site.tenant.id,
		.user_id = o->user,
		.client = id,
		.resource = S("r"),
		.scope = o->scope,
		.now = o->r->now,
		.expires = o->r->now + 600,
		.session = o->sid };

	return q_grant_put(db, o->r->mem, &grant, NULL);
}

/* The person of this browser agreed to an application. */
static void agree(struct rig *r, str scope)
{
	struct actor a = rig_actor(r);

	rig_write(r, open_grant, &(struct open){ r, a.user, a.sid, scope });
}

static void who_signs_in_again_stays_the_same_to_applications(void **state)
{
	struct rig *r = *state;
	struct actor before = rig_actor(r);

	assert_int_equal(before.sid, before.session);
	agree(r, S("openid"));
	r->now += 10;
	rig_login(r, OLIVE, PASSWORD);
	struct actor after = rig_actor(r);
	assert_int_not_equal(after.session, before.session);
	assert_int_equal(after.sid, before.sid);
	assert_int_equal(after.auth_time, before.auth_time + 10);
	assert_int_equal(notices(r), 0);
}

static void the_end_of_a_sign_in_is_told_to_who_was_granted_openid(void **state)
{
	struct rig *r = *state;

	agree(r, S("mcp:tools openid email"));
	agree(r, S("mcp:tools"));
	agree(r, S("openid2 notopenid"));
	rig_ask(r, logout_submit, S(""), S(""));
	assert_int_equal(r->reply.status, 303);
	assert_int_equal(notices(r), 1);
	rig_ask(r, logout_submit, S(""), S(""));
	assert_int_equal(notices(r), 0);
}

static void somebody_else_at_this_browser_ends_it(void **state)
{
	struct rig *r = *state;

	(void)rig_member(r, S("second@example.com"), S("another long password"));
	agree(r, S("openid"));
	int64_t sid = rig_actor(r).sid;
	rig_login(r, S("second@example.com"), S("another long password"));
	assert_int_not_equal(rig_actor(r).sid, sid);
	assert_int_equal(notices(r), 1);
}

/* The id of a session is no secret, and a cookie can be made up around it. */
static void a_made_up_cookie_tells_nobody_anything(void **state)
{
	struct rig *r = *state;
	str good = r->session;

	agree(r, S("openid"));
	char *forged = arena_alloc(r->mem, good.n);
	memcpy(forged, good.p, good.n);
	forged[good.n - 2] = forged[good.n - 2] == 'A' ? 'B' : 'A';
	r->session = (str){ forged, good.n };
	rig_ask(r, logout_submit, S(""), S(""));
	assert_int_equal(notices(r), 0);
	r->session = good;
	assert_true(rig_actor(r).user != 0);
}

static enum err end_others(struct ctx *c)
{
	c->reply->status = 200;
	return session_end_others(c, c->actor.user, c->actor.session);
}

static enum err begin_end_others(struct ctx *c)
{
	return NEED(c, LANE_WRITE, end_others);
}

static void all_others_end_and_their_applications_hear_of_it(void **state)
{
	struct rig *r = *state;
	str first = r->session;

	agree(r, S("openid"));
	r->session = S("");
	rig_login(r, OLIVE, PASSWORD);
	agree(r, S("openid"));
	rig_ask(r, begin_end_others, S(""), S(""));
	assert_int_equal(r->e, OK);
	assert_int_equal(notices(r), 1);
	assert_true(rig_actor(r).user != 0);
	r->session = first;
	assert_int_equal(rig_actor(r).user, 0);
}

/* OpenID Connect RP-Initiated Logout section 2: POST too; but the form of the page is still bound to its browser. */
static void what_is_posted_to_sign_out(void **state)
{
	struct rig *r = *state;

	rig_ask(r, logout_post, S(""), S("state=x&client_id=nobody"));
	assert_int_equal(r->reply.status, 303);
	assert_str(rig_header(r, S("Location")), S("http://localhost:8080/logout?client_id=nobody&state=x"));
	assert_true(rig_actor(r).user != 0);
	rig_ask(r, logout_post, S(""), S("csrf=no"));
	assert_int_equal(r->e, ERR_CSRF);
	rig_ask(r, logout_post, S(""), S("other=x"));
	assert_int_equal(r->e, ERR_CSRF);
	rig_ask(r, logout_post, S(""), S("csrf=no&client_id=nobody"));
	assert_int_equal(r->e, ERR_CSRF);
	assert_true(rig_actor(r).user != 0);
	str token = form_token(&r->c);
	rig_ask(r, logout_post, S(""), arena_printf(r->mem, "csrf=%.*s", FMT(token)));
	assert_int_equal(r->reply.status, 303);
	assert_int_equal(rig_actor(r).user, 0);
	rig_ask(r, logout_post, S(""), S("csrf=no"));
	assert_int_equal(r->e, ERR_SESSION_MISSING);
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
		TEST(who_signs_in_again_stays_the_same_to_applications),
		TEST(the_end_of_a_sign_in_is_told_to_who_was_granted_openid),
		TEST(somebody_else_at_this_browser_ends_it),
		TEST(a_made_up_cookie_tells_nobody_anything),
		TEST(all_others_end_and_their_applications_hear_of_it),
		TEST(what_is_posted_to_sign_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
