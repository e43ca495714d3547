/* The rules by which one endpoint serves both eras of MCP, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "rpc/era.h"
#include "rpc/version.h"

#define V "\"io.modelcontextprotocol/protocolVersion\""
#define CAPS "\"io.modelcontextprotocol/clientCapabilities\":{}"
#define META "\"_meta\":{" V ":\"2026-07-28\"," CAPS "}"
#define DISCOVER "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"server/discover\",\"params\":{" META "}}"
#define CALL                                                                                                \
	"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"tools/call\",\"params\":{\"name\":\"get_me\"," META \
	"}}"
#define PING "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"

struct row {
	const char *says;
	const char *body;
	const char *version, *method, *name; /* headers; NULL: not sent */
	enum err want;
	enum rpc_era era;
	const char *id;   /* of the message, or of the fault */
	const char *data; /* of the fault, or NULL: not looked at */
};

static const struct row rows[] = {
	/* 2: shape */
	{ "not JSON", "{", NULL, NULL, NULL, ERR_RPC_PARSE, 0, "", NULL },
	{ "nothing at all", "", NULL, NULL, NULL, ERR_RPC_PARSE, 0, "", NULL },
	{ "a duplicate method never dispatches the second",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"tools/call\"}", NULL, NULL, NULL,
	    ERR_RPC_PARSE, 0, "", NULL },
	{ "Method is not method", "{\"jsonrpc\":\"2.0\",\"id\":1,\"Method\":\"ping\"}", NULL, NULL, NULL,
	    ERR_RPC_REQUEST, 0, "1", NULL },
	{ "NUL in a key", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\\u0000\":\"ping\"}", NULL, NULL, NULL,
	    ERR_RPC_PARSE, 0, "", NULL },
	{ "invalid UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", NULL, NULL, NULL,
	    ERR_RPC_PARSE, 0, "", NULL },
	{ "a string", "\"ping\"", NULL, NULL, NULL, ERR_RPC_REQUEST, 0, "", NULL },
	{ "null", "null", NULL, NULL, NULL, ERR_RPC_REQUEST, 0, "", NULL },
	{ "another JSON-RPC", "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", NULL, NULL, NULL,
	    ERR_RPC_REQUEST, 0, "1", NULL },
	{ "no jsonrpc", "{\"id\":\"q\",\"method\":\"ping\"}", NULL, NULL, NULL, ERR_RPC_REQUEST, 0, "\"q\"",
	    NULL },
	{ "an id of null", "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", NULL, NULL, NULL,
	    ERR_RPC_REQUEST, 0, "", NULL },
	{ "an object as id", "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", NULL, NULL, NULL,
	    ERR_RPC_REQUEST, 0, "", NULL },
	{ "1e400 as id", "{\"jsonrpc\":\"2.0\",\"id\":1e400,\"method\":\"ping\"}", NULL, NULL, NULL,
	    ERR_RPC_REQUEST, 0, "", NULL },
	{ "a fraction as id", "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", NULL, NULL, NULL,
	    ERR_RPC_REQUEST, 0, "", NULL },
	{ "method of another type", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":1}", NULL, NULL, NULL,
	    ERR_RPC_REQUEST, 0, "1", NULL },
	{ "params as an array", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}", NULL,
	    NULL, NULL, ERR_RPC_REQUEST, 0, "1", NULL },
	{ "method and result", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"result\":{}}", NULL, NULL,
	    NULL, ERR_RPC_REQUEST, 0, "1", NULL },
	{ "result and error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{}}", NULL, NULL, NULL,
	    ERR_RPC_REQUEST, 0, "1", NULL },
	{ "a response is legacy traffic", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", NULL, NULL, NULL,
	    OK, RPC_LEGACY, "1", NULL },
	{ "a response with a modern header", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", "2026-07-28",
	    NULL, NULL, ERR_RPC_REQUEST, 0, "1", NULL },

	/* 2: arrays */
	{ "an all-legacy array without a header", "[" PING "," PING "]", NULL, NULL, NULL, OK, RPC_LEGACY,
	    "1", NULL },
	{ "an array of 2025-03-26", "[" PING "]", "2025-03-26", NULL, NULL, OK, RPC_LEGACY, "1", NULL },
	{ "an array after batching was removed", "[" PING "]", "2025-06-18", NULL, NULL, ERR_RPC_REQUEST, 0,
	    "", NULL },
	{ "an array with a modern header", "[" PING "]", "2026-07-28", NULL, NULL, ERR_RPC_REQUEST, 0, "",
	    NULL },
	{ "an array with a modern element", "[" PING "," DISCOVER "]", NULL, NULL, NULL, ERR_RPC_REQUEST, 0,
	    "", NULL },
	{ "an empty array", "[]", NULL, NULL, NULL, ERR_RPC_REQUEST, 0, "", NULL },
	{ "an array with something else", "[" PING ",3]", NULL, NULL, NULL, ERR_RPC_REQUEST, 0, "", NULL },
	{ "initialize in an array", "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}]", NULL, NULL,
	    NULL, ERR_RPC_REQUEST, 0, "", NULL },

	/* 3: the claim of the body */
	{ "a modern request", DISCOVER, "2026-07-28", "server/discover", NULL, OK, RPC_MODERN, "7", NULL },
	{ "it wins over initialize",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{" META "}}", "2026-07-28",
	    "initialize", NULL, OK, RPC_MODERN, "1", NULL },
	{ "a claim of another type",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{" V ":3," CAPS "}}}",
	    NULL, NULL, NULL, ERR_RPC_PARAMS, 0, "1",
	    "{\"envelope\":{\"missing\":[\"io.modelcontextprotocol/protocolVersion\"]}}" },
	{ "a claim of a legacy version is legacy",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{" V
	    ":\"2025-11-25\"}}}",
	    NULL, NULL, NULL, OK, RPC_LEGACY, "1", NULL },

	/* 4: a modern header without the claim */
	{ "no _meta", PING, "2026-07-28", "ping", NULL, ERR_RPC_PARAMS, 0, "1",
	    "{\"envelope\":{\"missing\":[\"_meta\",\"io.modelcontextprotocol/protocolVersion\","
	    "\"io.modelcontextprotocol/clientCapabilities\"]}}" },
	{ "_meta without the version",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{" CAPS "}}}",
	    "2026-07-28", "ping", NULL, ERR_RPC_PARAMS, 0, "1",
	    "{\"envelope\":{\"missing\":[\"io.modelcontextprotocol/protocolVersion\"]}}" },
	{ "initialize does not fall back either",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}", "2026-07-28", NULL,
	    NULL, ERR_RPC_PARAMS, 0, "1", NULL },
	{ "a notification has no envelope", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}",
	    "2026-07-28", NULL, NULL, OK, RPC_MODERN, "", NULL },
	{ "a notification whose method header lies", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}",
	    "2026-07-28", "notifications/y", NULL, ERR_RPC_HEADERS, 0, "", NULL },

	/* 5: legacy */
	{ "no header is 2025-03-26", PING, NULL, NULL, NULL, OK, RPC_LEGACY, "1", NULL },
	{ "a legacy header", PING, "2025-11-25", NULL, NULL, OK, RPC_LEGACY, "1", NULL },
	{ "the oldest one", PING, "2024-11-05", NULL, NULL, OK, RPC_LEGACY, "1", NULL },
	{ "initialize",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-"
	    "11-25\"}}",
	    NULL, NULL, NULL, OK, RPC_LEGACY, "1", NULL },
	{ "standard headers are not asked for there", PING, "2025-11-25", "tools/list", "x", OK, RPC_LEGACY,
	    "1", NULL },

	/* 6: header and body disagree */
	{ "two modern versions",
	    "{\"jsonrpc\":\"2.0\",\"id\":302,\"method\":\"server/discover\",\"params\":{\"_meta\":{" V
	    ":\"v999.0.0\"," CAPS "}}}",
	    "2026-07-28", "server/discover", NULL, ERR_RPC_HEADERS, 0, "302", NULL },
	{ "a modern body and a legacy header", DISCOVER, "2025-11-25", "server/discover", NULL,
	    ERR_RPC_HEADERS, 0, "7", NULL },
	{ "a legacy body and a modern header",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{" V
	    ":\"2025-11-25\"}}}",
	    "2026-07-28", "ping", NULL, ERR_RPC_HEADERS, 0, "1", NULL },

	/* 7: unknown versions */
	{ "an unknown modern version",
	    "{\"jsonrpc\":\"2.0\",\"id\":301,\"method\":\"server/discover\",\"params\":{\"_meta\":{" V
	    ":\"v999.0.0\"}}}",
	    "v999.0.0", "server/discover", NULL, ERR_RPC_VERSION, 0, "301",
	    "{\"supported\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\"],\"requested\":"
	    "\"v999.0.0\"}" },
	{ "an unknown legacy version", PING, "1999-01-01", NULL, NULL, ERR_RPC_VERSION, 0, "1",
	    "{\"supported\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\"],\"requested\":"
	    "\"1999-01-01\"}" },
	{ "an empty header", PING, "", NULL, NULL, ERR_RPC_VERSION, 0, "1", NULL },

	/* afterwards: the envelope, then the standard headers */
	{ "no capabilities, and no headers either",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{" V
	    ":\"2026-07-28\"}}}",
	    NULL, NULL, NULL, ERR_RPC_PARAMS, 0, "1",
	    "{\"envelope\":{\"missing\":[\"io.modelcontextprotocol/clientCapabilities\"]}}" },
	{ "clientInfo may be left out but not be a string",
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{" V
	    ":\"2026-07-28\"," CAPS ",\"io.modelcontextprotocol/clientInfo\":\"me\"}}}",
	    "2026-07-28", "ping", NULL, ERR_RPC_PARAMS, 0, "1", NULL },
	{ "no version header", DISCOVER, NULL, "server/discover", NULL, ERR_RPC_HEADERS, 0, "7", NULL },
	{ "no method header", DISCOVER, "2026-07-28", NULL, NULL, ERR_RPC_HEADERS, 0, "7", NULL },
	{ "another method header", DISCOVER, "2026-07-28", "tools/list", NULL, ERR_RPC_HEADERS, 0, "7",
	    NULL },
	{ "the method header in capitals", DISCOVER, "2026-07-28", "SERVER/DISCOVER", NULL, ERR_RPC_HEADERS,
	    0, "7", NULL },
	{ "a name header", CALL, "2026-07-28", "tools/call", "get_me", OK, RPC_MODERN, "\"a\"", NULL },
	{ "a name header in base64", CALL, "2026-07-28", "tools/call", "=?base64?Z2V0X21l?=", OK, RPC_MODERN,
	    "\"a\"", NULL },
	{ "no name header", CALL, "2026-07-28", "tools/call", NULL, ERR_RPC_HEADERS, 0, "\"a\"", NULL },
	{ "another name", CALL, "2026-07-28", "tools/call", "get_you", ERR_RPC_HEADERS, 0, "\"a\"", NULL },
	{ "base64 without its padding", CALL, "2026-07-28", "tools/call",
	    "=?base64?Z2V0X21lCg?=", ERR_RPC_HEADERS, 0, "\"a\"", NULL },
	{ "base64 with another alphabet", CALL, "2026-07-28", "tools/call",
	    "=?base64?Z2V0!!!l?=", ERR_RPC_HEADERS, 0, "\"a\"", NULL },
	{ "base64 of what is no UTF-8", CALL, "2026-07-28", "tools/call", "=?base64?/w==?=", ERR_RPC_HEADERS,
	    0, "\"a\"", NULL },
	{ "without the suffix it is literal", CALL, "2026-07-28", "tools/call", "=?base64?Z2V0X21l",
	    ERR_RPC_HEADERS, 0, "\"a\"", NULL },
	{ "a capital prefix is literal", CALL, "2026-07-28", "tools/call",
	    "=?BASE64?Z2V0X21l?=", ERR_RPC_HEADERS, 0, "\"a\"", NULL },
};

static struct http_req request(struct arena *mem, const struct row *r)
{
	struct http_header *h = NEW_ARRAY(mem, struct http_header, 3);
	size_t n = 0;

	if (r->version)
		h[n++] = (struct http_header){ S("mcp-protocol-version"), str_of(r->version) };
	if (r->method)
		h[n++] = (struct http_header){ S("MCP-METHOD"), str_of(r->method) };
	if (r->name)
		h[n++] = (struct http_header){ S("Mcp-Name"), str_of(r->name) };
	return (
	    struct http_req){ .method = HTTP_POST, .headers = h, .header_count = n, .body = str_of(r->body) };
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct arena *mem = arena_new(1 << 20);
		struct http_req req = request(mem, r);
		struct rpc_call call;
		struct rpc_fault fault;

		print_message("%s\n", r->says);
		enum err e = rpc_read(mem, &req, &call, &fault);
		assert_int_equal(e, r->want);
		if (e == OK) {
			assert_int_equal(call.era, r->era);
			assert_true(str_eq(call.messages[0].id, str_of(r->id)));
		} else {
			assert_int_equal(fault.code, e);
			assert_true(str_eq(fault.id, str_of(r->id)));
			assert_false(str_has(fault.say, '"') || str_has(fault.say, '='));
			if (r->data)
				assert_true(str_eq(fault.data, str_of(r->data)));
		}
		arena_unref(mem);
	}
}

/* MCP-11: an array of ten thousand requests is refused without looking at them all. */
static void a_batch_is_bounded(void **state)
{
	struct arena *mem = arena_new(1 << 22);
	struct buf b = BUF(mem);
	struct rpc_call call;
	struct rpc_fault fault;

	(void)state;
	buf_char(&b, '[');
	for (int i = 0; i < 10000; i++) {
		buf_put(&b, i ? S(",") : S(""));
		buf_put(&b, S(PING));
	}
	buf_char(&b, ']');
	struct http_req req = { .method = HTTP_POST, .body = buf_str(&b) };
	assert_int_equal(rpc_read(mem, &req, &call, &fault), ERR_RPC_REQUEST);
	arena_unref(mem);
}

static void a_repeated_header_is_refused(void **state)
{
	struct arena *mem = arena_new(1 << 16);
	struct http_header h[] = {
		{ S("MCP-Protocol-Version"), S("2026-07-28") },
		{ S("Mcp-Method"), S("server/discover") },
		{ S("mcp-method"), S("tools/call") },
	};
	struct http_req req = { .method = HTTP_POST, .headers = h, .header_count = 3, .body = S(DISCOVER) };
	struct rpc_call call;
	struct rpc_fault fault;

	(void)state;
	assert_int_equal(rpc_read(mem, &req, &call, &fault), ERR_RPC_HEADERS);
	arena_unref(mem);
}

static void initialize_offers_what_was_asked_for(void **state)
{
	(void)state;
	assert_true(str_eq(rpc_version_offer(S("2025-06-18")), S("2025-06-18")));
	assert_true(str_eq(rpc_version_offer(S("2024-11-05")), S("2024-11-05")));
	assert_true(str_eq(rpc_version_offer(S("2026-07-28")), S("2025-11-25")));
	assert_true(str_eq(rpc_version_offer(S("1999-01-01")), S("2025-11-25")));
	assert_true(str_eq(rpc_version_offer(S("")), S("2025-11-25")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(a_batch_is_bounded),
		cmocka_unit_test(a_repeated_header_is_refused),
		cmocka_unit_test(initialize_offers_what_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
