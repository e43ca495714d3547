#include "app/cors.h"
#include "rig.h"

#define ASK(origin, headers)                                           \
	"OPTIONS /x HTTP/1.1\r\nHost: gate.example\r\nOrigin: " origin \
	"\r\nAccess-Control-Request-Method: POST\r\n"                  \
	"Access-Control-Request-Headers: " headers "\r\n\r\n"

static void answers_anybody_at_open_addresses(void **state)
{
	struct rig r;
	(void)state;

	rig_open(&r, ASK("https://page.example", "Content-Type, mcp-protocol-version,X-Evil, Authorization"));
	r.x->cors = true;
	assert_true(cors_is_preflight(r.c->req));
	assert_int_equal(cors_preflight(r.c, HTTP_POST), OK);
	cors_apply(r.c);
	assert_int_equal(r.x->reply.status, 204);
	same("any origin", rig_header(&r, "Access-Control-Allow-Origin"), S("*"));
	same("known headers", rig_header(&r, "Access-Control-Allow-Headers"),
	    S("Content-Type, mcp-protocol-version, Authorization"));
	same("methods", rig_header(&r, "Access-Control-Allow-Methods"), S("POST"));
	assert_int_equal(rig_header(&r, "Access-Control-Allow-Credentials").n, 0);
	rig_close(&r);
}

static void answers_known_origins_at_resources(void **state)
{
	static const struct {
		const char *head;
		bool ok;
	} rows[] = {
		{ ASK("https://gate.example", "authorization"), true },
		{ ASK("http://localhost:6274", "authorization"), true },
		{ ASK("https://claude.ai", "authorization"), true }, /* of a known application */
		{ ASK("https://claude.ai.evil.example", "authorization"), false },
		{ ASK("https://evil.example", "authorization"), false },
		{ ASK("null", "authorization"), false },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig r;
		rig_open(&r, rows[i].head);
		r.x->cors = true;
		r.x->resource = &rig_resources[1];
		assert_int_equal(cors_preflight(r.c, HTTP_POST), rows[i].ok ? OK : ERR_ORIGIN_FORBIDDEN);
		cors_apply(r.c);
		str origin = rig_header(&r, "Access-Control-Allow-Origin");
		assert_true(rows[i].ok ? str_eq(origin, http_header(r.c->req, S("Origin"))) : origin.n == 0);
		struct http_header list[CORS_HEADERS];
		assert_int_equal(cors_headers(r.c, list), rows[i].ok ? 3 : 0);
		rig_close(&r);
	}
}

static void says_nothing_elsewhere(void **state)
{
	struct rig r;
	(void)state;

	rig_open(&r, ASK("https://page.example", "authorization")); /* a page: cors is false */
	cors_apply(r.c);
	assert_int_equal(r.x->reply.header_count, 0);
	rig_close(&r);

	rig_open(&r, "GET /x HTTP/1.1\r\nHost: gate.example\r\n\r\n"); /* no web page asks */
	r.x->cors = true;
	cors_apply(r.c);
	assert_int_equal(r.x->reply.header_count, 0);
	struct http_header list[CORS_HEADERS];
	assert_int_equal(cors_headers(r.c, list), 0);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_anybody_at_open_addresses),
		cmocka_unit_test(answers_known_origins_at_resources),
		cmocka_unit_test(says_nothing_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
