/* The management server in both eras: whole answers, compared byte by byte. */
#include "admin/op_rig.h"
#include "mcp/mcp.h"
#include "version_gen.h"

#define META                                                                                               \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/" \
	"clientCapabilities\":{}}"
#define SERVER                                                                                          \
	"\"_meta\":{\"io.modelcontextprotocol/"                                                         \
	"serverInfo\":{\"name\":\"gatehouse\",\"title\":\"Gatehouse\",\"version\":\"" GATEHOUSE_VERSION \
	"\"}}"

static int setup(void **state)
{
	*state = rig_new();
	rig_as(*state, "owner", RIG_ALL);
	return 0;
}

static int teardown(void **state)
{
	rig_free(*state);
	return 0;
}

struct headers {
	struct http_header at[4];
	size_t count;
};

static void add(struct headers *h, const char *name, const char *value)
{
	if (value)
		h->at[h->count++] = (struct http_header){ str_of(name), str_of(value) };
}

static void send(struct rig *r, const char *body, const char *version, const char *method, const char *name)
{
	struct headers *h = NEW(r->mem, struct headers);

	add(h, "Content-Type", "application/json; charset=utf-8");
	add(h, "MCP-Protocol-Version", version);
	add(h, "Mcp-Method", method);
	add(h, "Mcp-Name", name);
	rig_begin(r);
	r->req = (struct http_req){ .method = HTTP_POST,
		.path = S("/mcp"),
		.body = str_of(body),
		.headers = h->at,
		.header_count = h->count };
	r->c.req = &r->req;
	rig_run(r, mcp_handle, LANE_READ);
}

static void legacy(struct rig *r, const char *body)
{
	send(r, body, "2025-11-25", NULL, NULL);
}

static void same(struct rig *r, int status, const char *want)
{
	assert_int_equal(r->e, OK);
	assert_int_equal(r->reply.status, status);
	if (!str_eq(r->reply.body, str_of(want)))
		fail_msg("got:  %.*s\nwant: %s", FMT(r->reply.body), want);
}

static bool has(struct rig *r, const char *needle)
{
	return str_find(r->reply.body, str_of(needle)) >= 0;
}

static void initialize(void **state)
{
	struct rig *r = *state;

	send(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-"
	    "06-18\",\"capabilities\":{}}}",
	    NULL, NULL, NULL);
	assert_true(has(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{"
	    "\"tools\":{}},"
	    "\"serverInfo\":{\"name\":\"gatehouse\",\"title\":\"Gatehouse\",\"version\":\"" GATEHOUSE_VERSION
	    "\"},\"instructions\":\""));
	assert_false(has(r, "resultType"));
	legacy(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"1999-"
	    "01-01\"}}");
	assert_true(has(r, "\"protocolVersion\":\"2025-11-25\""));
	legacy(r, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
	same(r, 202, "");
	legacy(r, "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}");
	same(r, 200, "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"result\":{}}");
}

static void discover(void **state)
{
	struct rig *r = *state;

	send(r, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"server/discover\",\"params\":{" META "}}",
	    "2026-07-28", "server/discover", NULL);
	assert_true(has(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"complete\"," SERVER
	    ",\"supportedVersions\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\"],"
	    "\"capabilities\":{\"tools\":{}},"));
	assert_true(has(r, "\"ttlMs\":60000,\"cacheScope\":\"private\"}}"));
}

static void the_list_depends_on_the_role_and_never_on_the_scope(void **state)
{
	static const struct {
		const char *role, *scope, *tool;
		bool listed;
	} rows[] = {
		{ "owner", "", "create_user", true },
		{ "member", RIG_ALL, "create_user", false },
		{ "owner", "", "list_users", true },
		{ "member", "", "list_users", true },
		{ "member", "", "revoke_connection", true },
		{ "owner", RIG_ALL, "create_link", false },
		{ "owner", RIG_ALL, "protect_resource", false },
		{ "member", "", "get_me", true },
		{ "member", "", "why", true },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		rig_as(r, rows[i].role, rows[i].scope);
		legacy(r, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}");
		assert_int_equal(r->e, OK);
		str needle = arena_printf(r->mem, "{\"name\":\"%s\"", rows[i].tool);
		assert_int_equal(str_find(r->reply.body, needle) >= 0, rows[i].listed);
		assert_false(has(r, "ttlMs"));
	}
	const struct json *all;
	assert_int_equal(json_parse(r->mem, r->reply.body, &all, NULL), OK);
	str before = S("");
	for (JSON_EACH(tool, json_get(json_get(all, S("result")), S("tools")))) {
		assert_true(str_cmp(before, json_get_str(tool, S("name"))) < 0); /* in one order */
		before = json_get_str(tool, S("name"));
	}
	legacy(r, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"cursor\":\"x\"}}");
	same(r, 200,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"Invalid params: this "
	    "cursor was not given here.\"}}");
	send(r, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}",
	    "2026-07-28", "tools/list", NULL);
	assert_true(has(r, "\"ttlMs\":60000,\"cacheScope\":\"private\"}}"));
}

static void a_call_answers_twice_over(void **state)
{
	struct rig *r = *state;

	legacy(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
	    "call\",\"params\":{\"name\":\"list_users\",\"arguments\":{\"search\":\"nobody\"}}}");
	same(r, 200,
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"content\":[{\"type\":\"text\",\"text\":"
	    "\"{\\\"users\\\":[],\\\"total\\\":0,\\\"limit\\\":100,\\\"offset\\\":0}\"}],"
	    "\"structuredContent\":{\"users\":[],\"total\":0,\"limit\":100,\"offset\":0},\"isError\":false}"
	    "}");
	send(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"get_me\"," META
	    "}}",
	    "2026-07-28", "tools/call", "get_me");
	assert_true(
	    has(r, "\"result\":{\"resultType\":\"complete\"," SERVER ",\"content\":[{\"type\":\"text\""));
	legacy(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/"
	    "call\",\"params\":{\"name\":\"create_user\",\"arguments\":"
	    "{\"email\":\"n@example.com\",\"name\":\"N\"}}}");
	assert_true(has(r, "\"email\":\"n@example.com\""));
	legacy(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{\"name\":\"list_users\"}}");
	assert_true(has(r, "\\\"email\\\":\\\"n@example.com\\\"")); /* it was committed */
}

static void what_an_operation_refuses_is_a_result(void **state)
{
	struct rig *r = *state;

	legacy(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
	    "call\",\"params\":{\"name\":\"list_users\",\"arguments\":{\"limit\":0}}}");
	same(r, 200,
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"{"
	    "\\\"error\\\":{\\\"code\\\":\\\"validation_error\\\","
	    "\\\"message\\\":\\\"The arguments do not fit: limit must be at least "
	    "1.\\\",\\\"details\\\":[{\\\"path\\\":\\\"limit\\\","
	    "\\\"problem\\\":\\\"must be at least 1\\\"}]}}\"}],\"isError\":true}}");
	rig_as(r, "member", RIG_ALL);
	legacy(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
	    "call\",\"params\":{\"name\":\"create_user\",\"arguments\":"
	    "{\"email\":\"x@example.com\",\"name\":\"N\"}}}");
	assert_true(has(r, "\\\"code\\\":\\\"permission_denied\\\"") && has(r, "\"isError\":true"));
	assert_false(has(r, "structuredContent")); /* it would have to fit the output schema */
}

static void what_is_no_tool_is_an_error_in_band(void **state)
{
	static const struct {
		const char *params, *error;
	} rows[] = {
		{ "{\"name\":\"nothing\"}", "{\"code\":-32602,\"message\":\"Unknown tool: nothing\"}" },
		{ "{\"name\":\"create_link\",\"arguments\":{\"email\":\"a@b.example\"}}",
		    "{\"code\":-32602,\"message\":\"Unknown tool: create_link\"}" },
		{ "{\"name\":7}",
		    "{\"code\":-32602,\"message\":\"Invalid params: name is missing or not a string.\"}" },
		{ "{}",
		    "{\"code\":-32602,\"message\":\"Invalid params: name is missing or not a string.\"}" },
		{ "{\"name\":\"get_me\",\"arguments\":[]}",
		    "{\"code\":-32602,\"message\":\"Invalid params: arguments must be an object.\"}" },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		legacy(r,
		    arena_printf(r->mem,
			"{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":%s}",
			rows[i].params)
			.p);
		same(r, 200,
		    arena_printf(r->mem, "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":%s}", rows[i].error).p);
	}
}

static void a_missing_scope_is_a_matter_of_http(void **state)
{
	struct rig *r = *state;

	rig_as(r, "owner", "users:read");
	legacy(r,
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
	    "call\",\"params\":{\"name\":\"create_user\",\"arguments\":{}}}");
	assert_int_equal(r->e, ERR_SCOPE_SHORT);
	assert_int_equal(r->c.style, STYLE_BEARER);
	assert_true(str_eq(r->c.fail.need_scope, S("users:read users:write")));
}

static void methods_of_the_other_era_are_not_found(void **state)
{
	static const char *const removed[] = { "initialize", "ping", "logging/setLevel",
		"resources/subscribe", "unknown/method" };
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(removed); i++) {
		send(r,
		    arena_printf(r->mem,
			"{\"jsonrpc\":\"2.0\",\"id\":500,\"method\":\"%s\",\"params\":{" META "}}",
			removed[i])
			.p,
		    "2026-07-28", removed[i], NULL);
		assert_int_equal(r->e, ERR_RPC_METHOD);
		assert_true(str_eq(r->c.rpc_id, S("500")));
		assert_int_equal(r->c.style, STYLE_RPC);
	}
	legacy(r, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\"}");
	same(r, 200,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"Method not found.\"}}");
	send(r, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"}]", NULL, NULL, NULL);
	same(r, 200,
	    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"Method not found.\"}}]");
}

static void a_broken_message_carries_its_id_and_data(void **state)
{
	struct rig *r = *state;

	send(r, "{\"jsonrpc\":\"2.0\",\"id\":101,\"method\":\"server/discover\",\"params\":{}}", "2026-07-28",
	    "server/discover", NULL);
	assert_int_equal(r->e, ERR_RPC_PARAMS);
	assert_true(str_eq(r->c.rpc_id, S("101")));
	assert_true(str_find(r->c.fail.say, S("io.modelcontextprotocol/clientCapabilities")) > 0);
	assert_true(str_starts(r->c.fail.data, S("{\"envelope\":{\"missing\":[\"_meta\"")));
	send(r, "{", NULL, NULL, NULL);
	assert_int_equal(r->e, ERR_RPC_PARSE);
	assert_int_equal(r->c.rpc_id.n, 0);
}

static void a_batch_of_the_old_revision_is_answered_as_one(void **state)
{
	struct rig *r = *state;
	const char *batch = "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"},"
			    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"},"
			    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/"
			    "call\",\"params\":{\"name\":\"create_user\",\"arguments\":"
			    "{\"email\":\"b@example.com\",\"name\":\"B\"}}},"
			    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
			    "call\",\"params\":{\"name\":\"list_users\",\"arguments\":"
			    "{\"search\":\"b@example\"}}}]";

	send(r, batch, NULL, NULL, NULL);
	assert_int_equal(r->e, OK);
	assert_true(str_starts(r->reply.body,
	    S("[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}},{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":")));
	assert_true(has(r, "\"id\":3,\"result\""));
	assert_true(has(r, "\\\"total\\\":1"));
	rig_as(r, "owner", "users:read");
	send(r, batch, NULL, NULL, NULL); /* nothing of it runs when a scope is missing */
	assert_int_equal(r->e, ERR_SCOPE_SHORT);
	send(r, "[{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}]", NULL, NULL, NULL);
	same(r, 202, "");
}

static void neither_streams_nor_sessions(void **state)
{
	static const enum http_method methods[] = { HTTP_GET, HTTP_DELETE, HTTP_PUT, HTTP_HEAD };
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(methods); i++) {
		rig_begin(r);
		r->req = (struct http_req){ .method = methods[i], .path = S("/mcp") };
		r->c.req = &r->req;
		rig_run(r, mcp_handle, LANE_READ);
		assert_int_equal(r->e, OK);
		assert_int_equal(r->reply.status, 405);
		assert_true(str_eq(r->reply.headers[0].name, S("Allow")) &&
		    str_eq(r->reply.headers[0].value, S("POST")));
	}
}

static void another_content_type_is_refused(void **state)
{
	struct rig *r = *state;
	struct http_header h = { S("Content-Type"), S("text/plain") };

	rig_begin(r);
	r->req = (struct http_req){
		.method = HTTP_POST, .path = S("/mcp"), .body = S("{}"), .headers = &h, .header_count = 1
	};
	r->c.req = &r->req;
	rig_run(r, mcp_handle, LANE_READ);
	assert_int_equal(r->e, ERR_CONTENT_TYPE);
}

/* MCP-14: what would be an event of a stream is data. */
static void line_breaks_in_an_id_stay_data(void **state)
{
	struct rig *r = *state;

	legacy(r, "{\"jsonrpc\":\"2.0\",\"id\":\"\\n\\nevent: message\\ndata: {}\",\"method\":\"ping\"}");
	same(r, 200, "{\"jsonrpc\":\"2.0\",\"id\":\"\\n\\nevent: message\\ndata: {}\",\"result\":{}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(initialize, setup, teardown),
		cmocka_unit_test_setup_teardown(discover, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    the_list_depends_on_the_role_and_never_on_the_scope, setup, teardown),
		cmocka_unit_test_setup_teardown(a_call_answers_twice_over, setup, teardown),
		cmocka_unit_test_setup_teardown(what_an_operation_refuses_is_a_result, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_tool_is_an_error_in_band, setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_scope_is_a_matter_of_http, setup, teardown),
		cmocka_unit_test_setup_teardown(methods_of_the_other_era_are_not_found, setup, teardown),
		cmocka_unit_test_setup_teardown(a_broken_message_carries_its_id_and_data, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_batch_of_the_old_revision_is_answered_as_one, setup, teardown),
		cmocka_unit_test_setup_teardown(neither_streams_nor_sessions, setup, teardown),
		cmocka_unit_test_setup_teardown(another_content_type_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(line_breaks_in_an_id_stay_data, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
