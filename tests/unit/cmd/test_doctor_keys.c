#include "cmd/doctor_verdict.c"
#include "cmd/doctor_keys.c"
#include "doctor_kit.h"

/* RFC 7515 appendix A.3.1 */
#define XY                                                                                                  \
	"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_" \
	"FEzRu9m36HLN_"                                                                                     \
	"tue659LNpXW6pCyStikYjKIWI5a0\""
#define EC "{" XY ",\"kid\":\"one\",\"use\":\"sig\",\"alg\":\"ES256\"}"
#define EC_PRIVATE "{" XY ",\"kid\":\"leak\",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"
#define OCT "{\"kty\":\"oct\",\"kid\":\"shared\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T\"}"
#define ENCRYPTION "{" XY ",\"kid\":\"enc\",\"use\":\"enc\"}"
#define UNKNOWN "{\"kty\":\"XX\",\"kid\":\"new\"}"
#define OFF_CURVE                                                                                        \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":" \
	"\"f83OJ3D2xF1Bg8"                                                                               \
	"vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}"

static void key_sets(void **state)
{
	static const struct {
		const char *sentence, *doc, *want;
		const char *ok;
	} rows[] = {
		{ "one good key", "{\"keys\":[" EC "]}", "", "1 of 1 can check tokens, the first by ES256" },
		{ "a good one among others", "{\"keys\":[" UNKNOWN "," ENCRYPTION "," EC ",7,null]}", "",
		    "1 of 5 can check tokens, the first by ES256" },
		{ "no list", "{\"a\":1}", "FAIL keys: it has no list of keys\n", NULL },
		{ "an object instead", "{\"keys\":" EC "}", "FAIL keys: it has no list of keys\n", NULL },
		{ "an empty list", "{\"keys\":[]}", "FAIL keys: none of 0 keys can check a token\n", NULL },
		{ "none that fits", "{\"keys\":[" UNKNOWN "," ENCRYPTION "]}",
		    "FAIL keys: none of 2 keys can check a token\n", NULL },
		{ "a point that is not on the curve", "{\"keys\":[" OFF_CURVE "]}",
		    "FAIL keys: none of 1 keys can check a token\n", NULL },
		{ "a private key", "{\"keys\":[" EC "," EC_PRIVATE "]}",
		    "FAIL keys: key leak shows its private member d: anybody can make tokens\n", NULL },
		{ "a private key alone", "{\"keys\":[" EC_PRIVATE "]}",
		    "FAIL keys: key leak shows its private member d: anybody can make tokens\n"
		    "FAIL keys: none of 1 keys can check a token\n",
		    NULL },
		{ "a shared secret", "{\"keys\":[" OCT "," EC "]}",
		    "FAIL keys: key shared shows its private member k: anybody can make tokens\n", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		const struct json *doc;
		same_err(rows[i].sentence, json_parse(mem, str_of(rows[i].doc), &doc, NULL), OK);
		judge_keys(&v, doc);
		found(rows[i].sentence, &v, rows[i].want);
		same_int(rows[i].sentence, (int64_t)ok_count(&v), rows[i].ok ? 1 : 0);
		if (rows[i].ok)
			same(rows[i].sentence, v.last->seen, str_of(rows[i].ok));
		arena_unref(mem);
	}
}

static void many_keys(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct verdict v = { .mem = mem };
	struct buf b = BUF(mem);
	const struct json *doc;

	buf_put(&b, S("{\"keys\":["));
	for (int i = 0; i < 200; i++)
		buf_put(&b, S(UNKNOWN ","));
	buf_put(&b, S(EC_PRIVATE "]}"));
	same_err("the test's keys", json_parse(mem, buf_str(&b), &doc, NULL), OK);
	judge_keys(&v, doc);
	found("no more than 64 are looked at", &v, "FAIL keys: none of 201 keys can check a token\n");
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_sets),
		cmocka_unit_test(many_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
