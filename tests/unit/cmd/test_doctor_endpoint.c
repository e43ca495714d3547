#include "cmd/doctor_verdict.c"
#include "cmd/doctor_address.c"
#include "cmd/doctor_endpoint.c"
#include "cmd/doctor_foreign.c"
#include "doctor_kit.h"

#define URL "https://as.example/token"

static struct probe_answer status_answer(struct arena *mem, int status, const char *headers)
{
	return answer(mem, arena_printf(mem, "HTTP/1.1 %d X\r\n%s\r\n", status, headers));
}

static void endpoints(void **state)
{
	static const struct {
		const char *sentence;
		int get, options; /* options 0: not asked */
		bool page;
		const char *want;
	} rows[] = {
		{ "it takes no GET, so it is there", 405, 0, false, "" },
		{ "it misses its parameters, so it is there", 400, 0, false, "" },
		{ "it knows OPTIONS only", 404, 204, false, "" },
		{ "nothing at all", 404, 404, false, "FAIL token: " URL " answers 404: there is nothing\n" },
		{ "a page that is not there", 404, 0, true,
		    "FAIL token: " URL " answers 404: there is nothing\n" },
		{ "a page may send on", 302, 0, true, "" },
		{ "others may not", 302, 0, false,
		    "FAIL token: " URL " answers 302 and sends to https://x/: clients do not follow\n" },
		{ "it fails", 500, 0, false, "FAIL token: " URL " answers 500\n" },
		{ "the proxy fails", 502, 0, true, "FAIL token: " URL " answers 502\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct probe_answer a = status_answer(mem, rows[i].get, "Location: https://x/\r\n");
		struct probe_answer b = status_answer(mem, rows[i].options ? rows[i].options : 500, "");
		judge_endpoint(&v, "token", S(URL), &a.res, rows[i].options ? &b.res : NULL, rows[i].page);
		found(rows[i].sentence, &v, rows[i].want);
		same_int(rows[i].sentence, (int64_t)ok_count(&v), v.failed ? 0 : 1);
		arena_unref(mem);
	}
}

static void preflights(void **state)
{
#define ORIGIN "Access-Control-Allow-Origin: http://localhost:6274\r\n"
#define ANY "Access-Control-Allow-Origin: *\r\n"
#define HEADERS "Access-Control-Allow-Headers: "
	static const struct {
		const char *sentence;
		int status;
		const char *headers, *want;
	} rows[] = {
		{ "allowed", 204, ORIGIN HEADERS "authorization, Content-Type,mcp-protocol-version\r\n", "" },
		{ "anybody", 200, ANY HEADERS "authorization, content-type\r\n", "" },
		{ "no CORS", 204, "",
		    "note web clients: " URL " does not allow the origin http://localhost:6274\n" },
		{ "for another", 204, "Access-Control-Allow-Origin: https://a.example\r\n",
		    "note web clients: " URL " does not allow the origin http://localhost:6274\n" },
		{ "behind the token", 401, ORIGIN, "note web clients: " URL " answers a preflight by 401\n" },
		{ "unknown", 405, "", "note web clients: " URL " answers a preflight by 405\n" },
		{ "sent on", 302, ORIGIN, "note web clients: " URL " answers a preflight by 302\n" },
		{ "without Authorization", 204, ORIGIN HEADERS "content-type\r\n",
		    "note web clients: " URL " does not allow the header authorization\n" },
		{ "a star is not Authorization", 204, ORIGIN HEADERS "*\r\n",
		    "note web clients: " URL " does not allow the header authorization\n" },
		{ "a star is all others", 204, ORIGIN HEADERS "*, authorization\r\n", "" },
		{ "half a name", 204, ORIGIN HEADERS "authorization-x, content-type\r\n",
		    "note web clients: " URL " does not allow the header authorization\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct probe_answer a = status_answer(mem, rows[i].status, rows[i].headers);
		bool fine = judge_preflight(&v, S(URL), &a.res, S("authorization,content-type"));
		same_int(rows[i].sentence, fine, v.first == NULL);
		found(rows[i].sentence, &v, rows[i].want);
		arena_unref(mem);
	}
}

static void exposed(void **state)
{
	static const struct {
		const char *sentence, *headers;
		bool fine;
	} rows[] = {
		{ "exposed", ORIGIN "Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id\r\n",
		    true },
		{ "exposed in small letters", ANY "Access-Control-Expose-Headers: x,www-authenticate\r\n",
		    true },
		{ "all", ANY "Access-Control-Expose-Headers: *\r\n", true },
		{ "not exposed", ORIGIN, false },
		{ "not allowed", "Access-Control-Expose-Headers: WWW-Authenticate\r\n", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct probe_answer a = status_answer(mem, 401, rows[i].headers);
		same_int(rows[i].sentence, judge_exposed(&v, &a.res), rows[i].fine);
		found(rows[i].sentence, &v,
		    rows[i].fine ? "" : "note web clients: a page cannot read the challenge\n");
		arena_unref(mem);
	}
}

static void origins(void **state)
{
	static const struct {
		const char *sentence;
		int status;
		const char *headers, *want;
	} rows[] = {
		{ "refused", 403, "", "" },
		{ "served", 200, "",
		    "FAIL foreign origin: 200 without a token, for a page of "
		    "https://foreign.gatehouse.invalid\n" },
		{ "asked for a token", 401, "",
		    "note foreign origin: 401 instead of 403 for a page of "
		    "https://foreign.gatehouse.invalid\n" },
		{ "allowed with cookies", 401,
		    "Access-Control-Allow-Origin: https://foreign.gatehouse.invalid\r\n"
		    "Access-Control-Allow-Credentials: true\r\n",
		    "FAIL foreign origin: any page may call it with the person's cookies\n" },
		{ "allowed with cookies even where it is refused", 403,
		    "Access-Control-Allow-Origin: https://foreign.gatehouse.invalid\r\n"
		    "Access-Control-Allow-Credentials: true\r\n",
		    "FAIL foreign origin: any page may call it with the person's cookies\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct probe_answer a = status_answer(mem, rows[i].status, rows[i].headers);
		judge_origin(&v, &a.res);
		found(rows[i].sentence, &v, rows[i].want);
		arena_unref(mem);
	}
}

static void hosts(void **state)
{
#define NAMED "WWW-Authenticate: Bearer resource_metadata=\"http://foreign.gatehouse.invalid/x\"\r\n"
	static const struct {
		const char *sentence;
		int status;
		const char *headers, *header;
		bool loopback;
		const char *want;
	} rows[] = {
		{ "refused", 421, "", "Host", true, "" },
		{ "refused otherwise", 400, "", "Host", true, "" },
		{ "a proxy that does not know it", 404, "", "Host", false, "" },
		{ "served", 200, "", "Host", false,
		    "FAIL foreign host: 200 without a token, for Host: foreign.gatehouse.invalid\n" },
		{ "any name on loopback", 401, "", "Host", true,
		    "note foreign host: it answers for any host name, so that a page can reach it by DNS "
		    "rebinding\n" },
		{ "any name elsewhere", 401, "", "Host", false, "" },
		{ "named in the challenge", 401, NAMED, "Host", true,
		    "FAIL foreign host: it sends clients to the host that Host names: whoever sets it "
		    "chooses where "
		    "people sign in\n" },
		{ "named in a redirect", 301, "Location: https://foreign.gatehouse.invalid/mcp\r\n", "Host",
		    false,
		    "FAIL foreign host: it sends clients to the host that Host names: whoever sets it "
		    "chooses where "
		    "people sign in\n" },
		{ "taken from the proxy's header", 401, NAMED, "X-Forwarded-Host", false,
		    "FAIL foreign host: it sends clients to the host that X-Forwarded-Host names: whoever "
		    "sets it "
		    "chooses where people sign in\n" },
		{ "the proxy's header is passed over", 401, "", "X-Forwarded-Host", true, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct probe_answer a = status_answer(mem, rows[i].status, rows[i].headers);
		bool said = judge_host(&v, &a.res, rows[i].header, rows[i].loopback);
		same_int(rows[i].sentence, said, v.first != NULL);
		found(rows[i].sentence, &v, rows[i].want);
		arena_unref(mem);
	}
}

static void upstreams(void **state)
{
	static const struct {
		const char *sentence;
		int status; /* 0: silence */
		const char *want;
	} rows[] = {
		{ "it answers", 200, "" },
		{ "it is down", 0,
		    "FAIL upstream: http://127.0.0.1:9000/mcp does not answer: Connection refused\n" },
		{ "it has a lock of its own", 401,
		    "FAIL upstream: http://127.0.0.1:9000/mcp asks for an authorization of its own (401)\n" },
		{ "another lock", 403,
		    "FAIL upstream: http://127.0.0.1:9000/mcp asks for an authorization of its own (403)\n" },
		{ "a wrong path", 404, "FAIL upstream: http://127.0.0.1:9000/mcp answers 404\n" },
		{ "it sends elsewhere", 307, "FAIL upstream: http://127.0.0.1:9000/mcp answers 307\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct probe_answer a = { .stage = PROBE_CONNECT, .why = S("Connection refused") };
		if (rows[i].status)
			a = status_answer(mem, rows[i].status, "");
		judge_upstream(&v, S("http://127.0.0.1:9000/mcp"), &a);
		found(rows[i].sentence, &v, rows[i].want);
		arena_unref(mem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints),
		cmocka_unit_test(preflights),
		cmocka_unit_test(exposed),
		cmocka_unit_test(origins),
		cmocka_unit_test(hosts),
		cmocka_unit_test(upstreams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
