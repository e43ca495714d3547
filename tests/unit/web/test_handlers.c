/* The start page, static files, llms.txt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ui_gen.h"
#include "web/handlers.h"

static const struct resource resources[] = {
	{ .path = S_INIT("/mcp"),
	    .identifier = S_INIT("https://a.example/mcp"),
	    .name = S_INIT("Gatehouse") },
	{ .path = S_INIT("/w/mcp"), .identifier = S_INIT("https://a.example/w/mcp") },
};
static const struct site site = { .tenant = { .id = 1, .issuer = S_INIT("https://a.example") },
	.resources = resources,
	.resource_count = 2 };

struct ask {
	struct arena *mem;
	struct http_header header;
	struct http_req req;
	struct http_reply reply;
	struct ctx c;
	enum err e;
};

static void ask(struct ask *a, enum err (*step)(struct ctx *), const char *path, const char *if_none_match,
    const char *role)
{
	a->header = (struct http_header){ S("If-None-Match"), str_of(if_none_match) };
	a->req = (struct http_req){
		.path = str_of(path), .headers = &a->header, .header_count = if_none_match ? 1 : 0
	};
	a->reply = (struct http_reply){ 0 };
	a->c = (struct ctx){ .mem = a->mem, .site = &site, .req = &a->req, .reply = &a->reply };
	if (role)
		a->c.actor =
		    (struct actor){ .user = 7, .email = S("olive@example.com"), .role = str_of(role) };
	a->e = step(&a->c);
}

static str header(const struct ask *a, str name)
{
	for (size_t i = 0; i < a->reply.header_count; i++)
		if (str_ieq(a->reply.headers[i].name, name))
			return a->reply.headers[i].value;
	return S("");
}

static int setup(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	struct ask *a = NEW(mem, struct ask);

	a->mem = mem;
	*state = a;
	return 0;
}

static int teardown(void **state)
{
	struct ask *a = *state;

	arena_unref(a->mem);
	return 0;
}

static void a_stranger_sees_no_server(void **state)
{
	struct ask *a = *state;
	struct buf b = BUF(a->mem);

	ask(a, home_show, "/", NULL, NULL);
	assert_int_equal(a->c.page, PAGE_HOME);
	page_write(&b, a->c.page, a->c.view);
	assert_true(str_find(buf_str(&b), S("href=\"/login\"")) > 0);
	assert_int_equal(str_find(buf_str(&b), S("https://a.example/mcp")), -1);
}

static void a_person_sees_each_server_and_how_to_add_it(void **state)
{
	struct ask *a = *state;

	ask(a, home_show, "/", NULL, "owner");
	const struct view_home *v = a->c.view;
	assert_true(v->owner);
	assert_int_equal(v->servers_count, 2);
	assert_true(str_eq(v->servers[1].name, S("https://a.example/w/mcp")));
	assert_true(str_eq(
	    v->servers[1].snippets[0].text, S("claude mcp add --transport http w https://a.example/w/mcp")));
	ask(a, home_show, "/", NULL, "member");
	v = a->c.view;
	assert_false(v->owner);
}

static const struct ui_asset *css(void)
{
	for (size_t i = 0; i < ui_asset_count; i++)
		if (str_eq(ui_assets[i].name, S("app.css")))
			return &ui_assets[i];
	fail_msg("no app.css");
	return NULL;
}

static void a_file_under_its_hash_is_kept_for_ever(void **state)
{
	struct ask *a = *state;
	str path = arena_copy(a->mem, css()->path);

	ask(a, static_show, path.p, NULL, NULL);
	assert_int_equal(a->reply.status, 200);
	assert_true(str_eq(a->reply.body, css()->bytes));
	assert_true(str_eq(header(a, S("Content-Type")), S("text/css; charset=utf-8")));
	assert_true(str_eq(header(a, S("Cache-Control")), S("public, max-age=31536000, immutable")));
	assert_true(str_eq(header(a, S("X-Content-Type-Options")), S("nosniff")));
	/* below the path of an issuer too */
	ask(a, static_show, arena_printf(a->mem, "/t/acme%.*s", FMT(path)).p, NULL, NULL);
	assert_int_equal(a->reply.status, 200);
}

static void its_plain_name_is_asked_again(void **state)
{
	struct ask *a = *state;
	str etag = arena_copy(a->mem, css()->etag);

	ask(a, static_show, "/static/app.css", NULL, NULL);
	assert_int_equal(a->reply.status, 200);
	assert_true(str_eq(header(a, S("Cache-Control")), S("public, no-cache")));
	const str same[] = { etag, arena_printf(a->mem, "\"x\", W/%.*s", FMT(etag)), S("*") };
	for (size_t i = 0; i < COUNT(same); i++) {
		ask(a, static_show, "/static/app.css", same[i].p, NULL);
		assert_int_equal(a->reply.status, 304);
		assert_int_equal(a->reply.body.n, 0);
		assert_true(str_eq(header(a, S("ETag")), etag));
	}
	ask(a, static_show, "/static/app.css", "\"x\"", NULL);
	assert_int_equal(a->reply.status, 200);
}

static void browsers_ask_for_favicon_ico(void **state)
{
	struct ask *a = *state;

	ask(a, static_show, "/favicon.ico", NULL, NULL);
	assert_int_equal(a->reply.status, 200);
	assert_true(str_eq(header(a, S("Content-Type")), S("image/vnd.microsoft.icon")));
	assert_true(a->reply.body.n > 100);
}

static void other_names_are_not_there(void **state)
{
	struct ask *a = *state;
	static const char *const names[] = { "/static/", "/static/nosuch.css",
		"/static/app.0000000000000000.css", "/staticapp.css", "/static/x/app.css", "/static/app.css/",
		"/static/../app.css", "app.css", "" };

	for (size_t i = 0; i < COUNT(names); i++) {
		ask(a, static_show, names[i], NULL, NULL);
		assert_int_equal(a->e, ERR_NO_ROUTE);
	}
}

static void llms_names_addresses_but_no_server(void **state)
{
	struct ask *a = *state;

	ask(a, llms_show, "/llms.txt", NULL, NULL);
	assert_int_equal(a->reply.status, 200);
	assert_true(str_starts(a->reply.body, S("# Gatehouse\n")));
	assert_true(
	    str_find(a->reply.body, S("(https://a.example/.well-known/oauth-authorization-server)")) > 0);
	assert_int_equal(str_find(a->reply.body, S("/w/mcp")), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stranger_sees_no_server),
		TEST(a_person_sees_each_server_and_how_to_add_it),
		TEST(a_file_under_its_hash_is_kept_for_ever),
		TEST(its_plain_name_is_asked_again),
		TEST(browsers_ask_for_favicon_ico),
		TEST(other_names_are_not_there),
		TEST(llms_names_addresses_but_no_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
