#include "app/reply.h"
#include "base/json.h"
#include "base/log.h"
#include "rig.h"

#define GET "GET /weather/mcp HTTP/1.1\r\nHost: gate.example\r\n\r\n"
#define BROWSER "GET /weather/mcp HTTP/1.1\r\nHost: gate.example\r\nAccept: text/html\r\n\r\n"

static str refuse(struct rig *r, const char *head, enum style style, enum err e)
{
	rig_open(r, head);
	r->c->style = style;
	if (style == STYLE_BEARER)
		r->x->resource = &rig_resources[1];
	else
		r->x->route = route_at(0);
	reply_refusal(r->c, fail_set(r->c, e, __FILE__, __LINE__, "the secret detail"));
	return r->x->reply.body;
}

/* Every row that can reach a client, in every style: the status, an id, never the detail, and a body that is what it says. */
static void writes_every_row_in_every_style(void **state)
{
	(void)state;

	for (int i = 1; i < ERR_COUNT; i++) {
		const struct err_row *row = err_row((enum err)i);
		if (row->kind == ERR_KIND_INNER)
			continue;
		for (enum style s = STYLE_JSON; s <= STYLE_PLAIN; s++) {
			struct rig r;
			str body = refuse(&r, GET, s, (enum err)i);
			same_int(row->name, r.x->reply.status, row->status);
			holds(row->name, rig_has(body, "w0123456789"));
			holds(row->name, !rig_has(body, "secret detail"));
			holds(row->name, rig_header(&r, "Content-Type").n > 0);
			same(row->name, rig_header(&r, "Cache-Control"), S("no-store"));
			if (s == STYLE_JSON || s == STYLE_RPC || s == STYLE_BEARER) {
				const struct json *o;
				same_err(row->name, json_parse(r.mem, body, &o, NULL), OK);
				holds(row->name, json_get(o, S("error")));
			}
			rig_close(&r);
		}
	}
}

static void tells_inner_errors_apart(void **state)
{
	struct rig r;
	(void)state;

	str body = refuse(&r, GET, STYLE_JSON, ERR_STORE_CONFLICT);
	assert_int_equal(r.x->reply.status, 500);
	assert_true(rig_has(body, "server_error"));
	assert_int_equal(r.c->fail.code, ERR_INTERNAL);
	rig_close(&r);
}

static void challenges_at_a_resource(void **state)
{
	struct rig r;
	(void)state;

	(void)refuse(&r, GET, STYLE_BEARER, ERR_TOKEN_MISSING);
	same("no error without a token", rig_header(&r, "WWW-Authenticate"),
	    S("Bearer scope=\"mcp:tools\", "
	      "resource_metadata=\"https://gate.example/.well-known/oauth-protected-resource/weather/mcp\", "
	      "error_description=\"Sign in to use this server. (why w0123456789)\""));
	rig_close(&r);

	(void)refuse(&r, GET, STYLE_BEARER, ERR_TOKEN_EXPIRED);
	assert_true(
	    str_starts(rig_header(&r, "WWW-Authenticate"), S("Bearer error=\"invalid_token\", scope=")));
	rig_close(&r);

	rig_open(&r, GET);
	r.c->style = STYLE_BEARER;
	r.x->resource = &rig_resources[0];
	enum err e = fail_set(r.c, ERR_SCOPE_SHORT, __FILE__, __LINE__, "lacks it");
	r.c->fail.need_scope = S("users:read users:write");
	reply_refusal(r.c, e);
	assert_int_equal(r.x->reply.status, 403);
	assert_true(str_starts(rig_header(&r, "WWW-Authenticate"),
	    S("Bearer error=\"insufficient_scope\", scope=\"users:read users:write\", resource_metadata=")));
	rig_close(&r);

	rig_open(&r, GET); /* by the scheme that came */
	r.c->style = STYLE_BEARER;
	r.x->resource = &rig_resources[0];
	r.x->dpop = true;
	reply_header(&r.x->reply, S("DPoP-Nonce"), S("n0nce"));
	reply_refusal(r.c, fail_set(r.c, ERR_TOKEN_PROOF_NONCE, __FILE__, __LINE__, "none"));
	assert_true(
	    str_starts(rig_header(&r, "WWW-Authenticate"), S("DPoP error=\"use_dpop_nonce\", scope=")));
	assert_true(str_ends(rig_header(&r, "WWW-Authenticate"), S(", algs=\"ES256 EdDSA RS256 PS256\"")));
	same("the nonce stays", rig_header(&r, "DPoP-Nonce"), S("n0nce"));
	rig_close(&r);

	(void)refuse(&r, GET, STYLE_BEARER, ERR_TOKEN_BOUND); /* and by the one that has to come */
	assert_true(
	    str_starts(rig_header(&r, "WWW-Authenticate"), S("DPoP error=\"invalid_token\", scope=")));
	rig_close(&r);

	(void)refuse(&r, GET, STYLE_BEARER, ERR_ORIGIN_FORBIDDEN);
	assert_int_equal(rig_header(&r, "WWW-Authenticate").n, 0); /* a token would not help */
	rig_close(&r);
}

static void shows_browsers_a_page(void **state)
{
	struct rig r;
	(void)state;

	str body = refuse(&r, BROWSER, STYLE_BEARER, ERR_TOKEN_MISSING);
	assert_int_equal(r.x->reply.status, 401);
	assert_true(rig_header(&r, "WWW-Authenticate").n > 0);
	assert_true(str_starts(rig_header(&r, "Content-Type"), S("text/html")));
	assert_true(rig_has(body, "https://gate.example/weather/mcp"));
	rig_close(&r);

	rig_open(&r, BROWSER); /* an address where there is nothing */
	reply_refusal(r.c, fail_set(r.c, ERR_NO_ROUTE, __FILE__, __LINE__, "x"));
	assert_true(str_starts(rig_header(&r, "Content-Type"), S("text/html")));
	rig_close(&r);
}

static void challenges_basic_only_to_who_used_it(void **state)
{
	struct rig r;
	(void)state;

	(void)refuse(&r, GET, STYLE_JSON, ERR_CLIENT_SECRET);
	assert_int_equal(rig_header(&r, "WWW-Authenticate").n, 0);
	rig_close(&r);

	rig_open(&r, GET);
	r.x->basic = true;
	r.x->route = route_at(0);
	reply_refusal(r.c, fail_set(r.c, ERR_CLIENT_SECRET, __FILE__, __LINE__, "x"));
	same("Basic", rig_header(&r, "WWW-Authenticate"), S("Basic realm=\"gatehouse\""));
	rig_close(&r);
}

static void says_when_to_come_again(void **state)
{
	struct rig r;
	(void)state;

	(void)refuse(&r, GET, STYLE_JSON, ERR_OVERLOADED);
	same("a default", rig_header(&r, "Retry-After"), S("2"));
	rig_close(&r);

	rig_open(&r, GET);
	reply_header(r.c->reply, S("Retry-After"), S("77"));
	reply_header(r.c->reply, S("Location"), S("https://elsewhere.example"));
	reply_refusal(r.c, fail_set(r.c, ERR_THROTTLED, __FILE__, __LINE__, "x"));
	same("the step knows better", rig_header(&r, "Retry-After"), S("77"));
	assert_int_equal(rig_header(&r, "Location").n, 0); /* nothing else of a half-made answer survives */
	rig_close(&r);
}

static void writes_json_rpc(void **state)
{
	struct rig r;
	const struct json *o, *err;
	int64_t code;
	(void)state;

	rig_open(&r, GET);
	r.c->style = STYLE_RPC;
	r.c->rpc_id = S("\"seven\"");
	enum err e = fail_set(r.c, ERR_RPC_VERSION, __FILE__, __LINE__, "x");
	r.c->fail.data = S("{\"supported\":[\"2026-07-28\"]}");
	reply_refusal(r.c, e);
	assert_int_equal(json_parse(r.mem, r.x->reply.body, &o, NULL), OK);
	same("the id", json_get_str(o, S("id")), S("seven"));
	err = json_get(o, S("error"));
	assert_true(json_get_int(err, S("code"), &code));
	assert_int_equal(code, -32022);
	assert_non_null(json_get(json_get(err, S("data")), S("supported")));
	rig_close(&r);
}

static void says_other_words_when_told(void **state)
{
	struct rig r;
	(void)state;

	rig_open(&r, GET);
	enum err e = fail_set(r.c, ERR_PARAM_MISSING, __FILE__, __LINE__, "x");
	r.c->fail.say = S("Send the code.");
	reply_refusal(r.c, e);
	assert_true(rig_has(r.x->reply.body, "\"Send the code. (why w0123456789)\""));
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_every_row_in_every_style),
		cmocka_unit_test(tells_inner_errors_apart),
		cmocka_unit_test(challenges_at_a_resource),
		cmocka_unit_test(shows_browsers_a_page),
		cmocka_unit_test(challenges_basic_only_to_who_used_it),
		cmocka_unit_test(says_when_to_come_again),
		cmocka_unit_test(writes_json_rpc),
		cmocka_unit_test(says_other_words_when_told),
	};

	log_set_fd(-1); /* faults are logged, and here there are many */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
