#include "base/enc.h"
#include "base/unit.h"

typedef enum err decoder(struct arena *, str, str *);

static enum err percent(struct arena *mem, str text, str *out)
{
	return percent_parse(mem, text, false, out);
}

static enum err percent_plus(struct arena *mem, str text, str *out)
{
	return percent_parse(mem, text, true, out);
}

static const struct row {
	const char *sentence;
	decoder *decode;
	str text;
	enum err want;
	str value;
} rows[] = {
	{ "base64url: nothing", b64url_parse, S_INIT(""), OK, S_INIT("") },
	{ "base64url: one byte", b64url_parse, S_INIT("Zg"), OK, S_INIT("f") },
	{ "base64url: two bytes", b64url_parse, S_INIT("Zm8"), OK, S_INIT("fo") },
	{ "base64url: three bytes", b64url_parse, S_INIT("Zm9v"), OK, S_INIT("foo") },
	{ "base64url: its own two signs", b64url_parse, S_INIT("-_-_"), OK, S_INIT("\xfb\xff\xbf") },
	{ "base64url: padding", b64url_parse, S_INIT("Zg=="), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64url: the other alphabet", b64url_parse, S_INIT("+/+/"), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64url: one sign alone", b64url_parse, S_INIT("Zm9vZ"), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64url: four trailing bits set", b64url_parse, S_INIT("Zh"), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64url: two trailing bits set", b64url_parse, S_INIT("Zm9"), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64url: a blank", b64url_parse, S_INIT("Zm 9"), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64url: a line end", b64url_parse, S_INIT("Zm9v\n"), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64url: a NUL", b64url_parse, S_INIT("Zm9\0"), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64: nothing", b64_parse, S_INIT(""), OK, S_INIT("") },
	{ "base64: one byte", b64_parse, S_INIT("Zg=="), OK, S_INIT("f") },
	{ "base64: two bytes", b64_parse, S_INIT("Zm8="), OK, S_INIT("fo") },
	{ "base64: three bytes", b64_parse, S_INIT("+/+/"), OK, S_INIT("\xfb\xff\xbf") },
	{ "base64: no padding", b64_parse, S_INIT("Zg"), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64: three signs of padding", b64_parse, S_INIT("Z==="), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64: only padding", b64_parse, S_INIT("===="), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64: padding in the middle", b64_parse, S_INIT("Zg==Zg=="), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64: the other alphabet", b64_parse, S_INIT("-_-_"), ERR_BAD_ENCODING, S_INIT("") },
	{ "base64: trailing bits set", b64_parse, S_INIT("Zh=="), ERR_BAD_ENCODING, S_INIT("") },
	{ "hex: both cases", hex_parse, S_INIT("00fFAb"), OK, S_INIT("\0\xff\xab") },
	{ "hex: odd", hex_parse, S_INIT("abc"), ERR_BAD_ENCODING, S_INIT("") },
	{ "hex: no digit", hex_parse, S_INIT("0g"), ERR_BAD_ENCODING, S_INIT("") },
	{ "hex: no digit first", hex_parse, S_INIT("g0"), ERR_BAD_ENCODING, S_INIT("") },
	{ "percent: nothing to do", percent, S_INIT("a+b"), OK, S_INIT("a+b") },
	{ "percent: escapes", percent, S_INIT("%41%2f%00+"), OK, S_INIT("A/\0+") },
	{ "percent: a plus is a blank in forms", percent_plus, S_INIT("a+b%2Bc"), OK, S_INIT("a b+c") },
	{ "percent: no escape of escapes", percent, S_INIT("%2541"), OK, S_INIT("%41") },
	{ "percent: nothing behind", percent, S_INIT("a%"), ERR_BAD_ENCODING, S_INIT("") },
	{ "percent: one digit behind", percent, S_INIT("a%4"), ERR_BAD_ENCODING, S_INIT("") },
	{ "percent: no digit", percent, S_INIT("%4x"), ERR_BAD_ENCODING, S_INIT("") },
	{ "percent: a sign is no digit", percent, S_INIT("%+1"), ERR_BAD_ENCODING, S_INIT("") },
};

static void decoding(void **state)
{
	struct arena *mem = arena_new(1 << 20), *small = arena_new(0);

	for (size_t i = 0; i < COUNT(rows); i++) {
		str out = { NULL, 0 };
		same_err(rows[i].sentence, rows[i].decode(mem, rows[i].text, &out), rows[i].want);
		if (rows[i].want == OK)
			same(rows[i].sentence, out, rows[i].value);
	}
	str out;
	same_err("no memory", b64url_parse(small, S("Zg"), &out), ERR_TOO_LARGE);
	same_err("no memory", hex_parse(small, S("00"), &out), ERR_TOO_LARGE);
	same_err("no memory", percent(small, S("%41"), &out), ERR_TOO_LARGE);
	arena_unref(small);
	arena_unref(mem);
}

static void what_is_written_is_read(void **state)
{
	struct arena *mem = arena_new(SIZE_MAX);
	char all[256];

	for (size_t n = 0; n <= sizeof all; n++) {
		for (size_t i = 0; i < n; i++)
			all[i] = (char)(i * 167 + n);
		str s = { all, n }, out;
		same_err("base64url", b64url_parse(mem, b64url_write(mem, s), &out), OK);
		same("base64url", out, s);
		same_err("base64", b64_parse(mem, b64_write(mem, s), &out), OK);
		same("base64", out, s);
		same_err("hex", hex_parse(mem, hex_write(mem, s), &out), OK);
		same("hex", out, s);
		same_err("percent", percent_parse(mem, percent_encode(mem, s), true, &out), OK);
		same("percent", out, s);
	}
	arena_unref(mem);
}

static void writing(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	struct buf b = BUF(mem);

	same("base64url has no padding", b64url_write(mem, S("\xfb\xff")), S("-_8"));
	same("base64 has", b64_write(mem, S("\xfb\xff\xfe\xff")), S("+//+/w=="));
	same("hex is lower case", hex_write(mem, S("\xAB\x01")), S("ab01"));
	same("unreserved stays", percent_encode(mem, S("aZ09-._~")), S("aZ09-._~"));
	same("all else goes", percent_encode(mem, S("a b+/\xc3\xa9&=%")), S("a%20b%2B%2F%C3%A9%26%3D%25"));
	percent_write(&b, S("?x"));
	same("into a buffer", buf_str(&b), S("%3Fx"));
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
