#include "cmd/doctor_verdict.c"
#include "cmd/doctor_address.c"
#include "cmd/doctor_status.c"
#include "cmd/doctor_challenge.c"
#include "doctor_kit.h"

#define META "resource_metadata=\"https://h.example/.well-known/oauth-protected-resource/mcp\""
#define GOOD "Bearer scope=\"a\", " META ", error_description=\"Sign in.\""

static void statuses(void **state)
{
	static const struct {
		int status;
		const char *want;
	} rows[] = {
		{ 401, "" },
		{ 200, "FAIL POST: 200 instead of 401: it answers without a token: it is not protected\n" },
		{ 202, "FAIL POST: 202 instead of 401: it answers without a token: it is not protected\n" },
		{ 301,
		    "FAIL POST: https://h.example/mcp answers 301 and sends to https://h.example/mcp/: "
		    "clients do "
		    "not follow\n" },
		{ 400, "FAIL POST: 400 instead of 401: it judges the request before it asks for a token\n" },
		{ 403, "FAIL POST: 403 instead of 401: something forbids it before it asks for a token\n" },
		{ 404, "FAIL POST: 404 instead of 401: nothing is served at this path\n" },
		{ 405,
		    "FAIL POST: 405 instead of 401: this method is not allowed before a token is asked for, "
		    "which "
		    "hides the challenge\n" },
		{ 406, "FAIL POST: 406 instead of 401: it judges the request before it asks for a token\n" },
		{ 410,
		    "FAIL POST: 410 instead of 401: clients take only 401 as the beginning of a sign-in\n" },
		{ 415, "FAIL POST: 415 instead of 401: it judges the request before it asks for a token\n" },
		{ 421, "FAIL POST: 421 instead of 401: it does not answer for this host name\n" },
		{ 429, "FAIL POST: 429 instead of 401: it is asked too often from here\n" },
		{ 500, "FAIL POST: 500 instead of 401: the server fails, and clients give up at once\n" },
		{ 502,
		    "FAIL POST: 502 instead of 401: the proxy in front does not get an answer from what "
		    "stands "
		    "behind it\n" },
		{ 503,
		    "FAIL POST: 503 instead of 401: the proxy in front does not get an answer from what "
		    "stands "
		    "behind it\n" },
		{ 599, "FAIL POST: 599 instead of 401: the server fails, and clients give up at once\n" },
	};
	str seen[COUNT(rows)];
	struct arena *keep = arena_new(MEMORY);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct probe_answer a = answer(mem,
		    arena_printf(
			mem, "HTTP/1.1 %d X\r\nLocation: https://h.example/mcp/\r\n\r\n", rows[i].status));
		bool good = judge_status(&v, "POST", S("https://h.example/mcp"), &a.res);
		same_int(rows[i].want, good, rows[i].status == 401);
		found(rows[i].want, &v, rows[i].want);
		seen[i] = v.last ? arena_copy(keep, v.last->remedy) : S("");
		arena_unref(mem);
	}
	/* Each of those that the brief of a client tells apart has a remedy of its own. */
	static const size_t apart[] = { 1, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14 };
	for (size_t i = 0; i < COUNT(apart); i++)
		for (size_t k = 0; k < i; k++)
			holds("remedies differ", !str_eq(seen[apart[i]], seen[apart[k]]));
	arena_unref(keep);
}

static void challenges(void **state)
{
	static const struct {
		const char *sentence, *header;
		bool leads;
		const char *want;
	} rows[] = {
		{ "a good one", "WWW-Authenticate: " GOOD "\r\n", true, "" },
		{ "a name in other letters", "www-authenticate: bearer scope=\"a\", " META "\r\n", true, "" },
		{ "unknown parameters",
		    "WWW-Authenticate: Bearer realm=\"x\", scope=\"a\", x=1, " META "\r\n", true, "" },
		{ "none", "", false,
		    "FAIL challenge: 401 without WWW-Authenticate: clients do not learn where to sign in\n" },
		{ "Basic alone", "WWW-Authenticate: Basic realm=\"x\"\r\n", false,
		    "FAIL challenge: it begins with Basic: clients look for Bearer first\n" },
		{ "Basic before Bearer",
		    "WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: " GOOD "\r\n", false,
		    "FAIL challenge: 2 WWW-Authenticate headers: clients see them as one and misread it\n"
		    "FAIL challenge: it begins with Basic: clients look for Bearer first\n" },
		{ "Bearer before Basic",
		    "WWW-Authenticate: " GOOD "\r\nWWW-Authenticate: Basic realm=\"x\"\r\n", true,
		    "FAIL challenge: 2 WWW-Authenticate headers: clients see them as one and misread it\n" },
		{ "Basic in one header", "WWW-Authenticate: Basic realm=\"x\", " GOOD "\r\n", false,
		    "FAIL challenge: it begins with Basic: clients look for Bearer first\n" },
		{ "a second scheme behind", "WWW-Authenticate: " GOOD ", Basic realm=\"x\"\r\n", false,
		    "FAIL challenge: it cannot be read: " GOOD ", Basic realm=\"x\"\n" },
		{ "Bearer alone", "WWW-Authenticate: Bearer\r\n", false,
		    "FAIL challenge: Bearer stands alone: clients learn nothing from it\n" },
		{ "two blanks", "WWW-Authenticate: Bearer  scope=\"a\", " META "\r\n", false,
		    "FAIL challenge: more than one blank stands behind Bearer: clients see no parameters "
		    "then\n" },
		{ "no metadata", "WWW-Authenticate: Bearer scope=\"a\"\r\n", false,
		    "FAIL challenge: it names no resource_metadata\n" },
		{ "empty metadata", "WWW-Authenticate: Bearer scope=\"a\", resource_metadata=\"\"\r\n", false,
		    "FAIL challenge: it names no resource_metadata\n" },
		{ "a path instead of an address",
		    "WWW-Authenticate: Bearer scope=\"a\", resource_metadata=\"/.well-known/x\"\r\n", false,
		    "FAIL challenge: resource_metadata is /.well-known/x, which is no absolute URL\n" },
		{ "metadata elsewhere",
		    "WWW-Authenticate: Bearer scope=\"a\", resource_metadata=\"https://evil.example/x\"\r\n",
		    false,
		    "FAIL challenge: resource_metadata is at https://evil.example, the server at "
		    "https://h.example: "
		    "another origin\n" },
		{ "metadata by http",
		    "WWW-Authenticate: Bearer scope=\"a\", resource_metadata=\"http://h.example/x\"\r\n",
		    false,
		    "FAIL challenge: resource_metadata is at http://h.example, the server at "
		    "https://h.example: "
		    "another origin\n" },
		{ "metadata at another port",
		    "WWW-Authenticate: Bearer scope=\"a\", "
		    "resource_metadata=\"https://h.example:8443/x\"\r\n",
		    false,
		    "FAIL challenge: resource_metadata is at https://h.example:8443, the server at "
		    "https://h.example: "
		    "another origin\n" },
		{ "the default port is the same origin",
		    "WWW-Authenticate: Bearer scope=\"a\", resource_metadata=\"https://H.example:443/x\"\r\n",
		    true, "" },
		{ "the description first",
		    "WWW-Authenticate: Bearer error_description=\"Sign in.\", scope=\"a\", " META "\r\n",
		    true,
		    "FAIL challenge: error_description stands before error, scope or resource_metadata: "
		    "clients take "
		    "words of it for these\n" },
		{ "an assignment in the description",
		    "WWW-Authenticate: Bearer scope=\"a\", " META ", error_description=\"ask scope=b\"\r\n",
		    true,
		    "FAIL challenge: error_description has a = in it: clients take that for a parameter\n" },
		{ "an escaped quote",
		    "WWW-Authenticate: Bearer scope=\"a\", error_description=\"a \\\"b\\\"\", " META "\r\n",
		    false,
		    "FAIL challenge: it cannot be read: Bearer scope=\"a\", error_description=\"a "
		    "\\\"b\\\"\", " META "\n" },
		{ "no closing quote", "WWW-Authenticate: Bearer scope=\"a\r\n", false,
		    "FAIL challenge: it cannot be read: Bearer scope=\"a\n" },
		{ "blanks instead of commas", "WWW-Authenticate: Bearer scope=\"a\" " META "\r\n", false,
		    "FAIL challenge: it cannot be read: Bearer scope=\"a\" " META "\n" },
		{ "a parameter twice", "WWW-Authenticate: Bearer scope=\"a\", scope=\"b\", " META "\r\n",
		    true, "FAIL challenge: a parameter stands in it twice\n" },
		{ "no quotes", "WWW-Authenticate: Bearer scope=a, " META "\r\n", true,
		    "note challenge: a value has no quotes, which some clients need\n" },
		{ "an error without a token",
		    "WWW-Authenticate: Bearer error=\"invalid_token\", scope=\"a\", " META "\r\n", true,
		    "note challenge: it says error=invalid_token, though no token was sent\n" },
		{ "no scope", "WWW-Authenticate: Bearer " META "\r\n", true,
		    "note challenge: it names no scope: clients ask for all that the metadata lists\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct url u = address(S("https://h.example/mcp"));
		struct probe_answer a =
		    answer(mem, arena_printf(mem, "HTTP/1.1 401 Unauthorized\r\n%s\r\n", rows[i].header));
		str metadata;
		same_int(rows[i].sentence, judge_challenge(&v, &a.res, &u, &metadata), rows[i].leads);
		same_int(rows[i].sentence, metadata.n > 0, rows[i].leads);
		found(rows[i].sentence, &v, rows[i].want);
		same_int(rows[i].sentence, (int64_t)ok_count(&v), rows[i].leads && !v.failed);
		arena_unref(mem);
	}
}

/* Every beginning of a good header, and every one with a byte changed: whatever is said, it is said safely. */
static void broken_headers(void **state)
{
	static const char bytes[] = "\"=, \\\x01\xff";
	str good = S(GOOD);

	for (size_t cut = 0; cut <= good.n; cut++) {
		for (size_t b = 0; b < sizeof bytes; b++) {
			struct arena *mem = arena_new(MEMORY);
			struct verdict v = { .mem = mem };
			struct url u = address(S("https://h.example/mcp"));
			/* a copy of its own size, so that the sanitizer sees a step too far */
			char *text = test_malloc(good.n + 1);
			memcpy(text, good.p, good.n);
			if (cut < good.n && bytes[b])
				text[cut] = bytes[b];
			struct http_header h = { S("WWW-Authenticate"), { text, bytes[b] ? good.n : cut } };
			struct http_res r = { .status = 401, .headers = &h, .header_count = 1 };
			str metadata;
			bool leads = judge_challenge(&v, &r, &u, &metadata);
			holds("what leads nowhere failed", leads || v.failed);
			holds("one that leads is at home",
			    !leads || str_starts(metadata, S("https://h.example/")));
			test_free(text);
			arena_unref(mem);
		}
	}
}

static void ours(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct probe_answer a = answer(mem,
	    S("HTTP/1.1 401 U\r\nWWW-Authenticate: Bearer error_description=\"Sign in. (why "
	      "w2md2mkcdsf)\"\r\n\r\n"));

	holds("our own has an id", challenge_ours(&a.res));
	a = answer(mem, S("HTTP/1.1 401 U\r\nWWW-Authenticate: Bearer realm=\"x\"\r\n\r\n"));
	holds("others do not", !challenge_ours(&a.res));
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(challenges),
		cmocka_unit_test(broken_headers),
		cmocka_unit_test(ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
