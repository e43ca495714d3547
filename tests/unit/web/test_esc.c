#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "web/esc.h"

static void check(void (*esc)(struct buf *, str), str in, const char *want)
{
	struct arena *mem = arena_new(1 << 16);
	struct buf b = BUF(mem);

	esc(&b, in);
	if (!str_eq(buf_str(&b), str_of(want)))
		fail_msg("%.*s became %.*s, not %s", FMT(in), FMT(buf_str(&b)), want);
	arena_unref(mem);
}

#define FFFD "\xef\xbf\xbd"

static void text(void **state)
{
	(void)state;
	check(esc_text, S(""), "");
	check(esc_text, S("Weather"), "Weather");
	check(esc_text, S("<a href=\"x\">'&amp;'</a>"),
	    "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;");
	check(esc_text, S("two\nlines\tand a tab"), "two\nlines\tand a tab");
	check(esc_text, S("a\0b\rc\x1b[2Jd\x7f"), "a" FFFD "b" FFFD "c" FFFD "[2Jd" FFFD);
	check(esc_text,
	    S("Wetter \xc3\xbc"
	      "ber \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x8c\xa6"),
	    "Wetter \xc3\xbc"
	    "ber \xe6\x9d\xb1\xe4\xba\xac \xf0\x9f\x8c\xa6");
}

static void what_is_not_utf8(void **state)
{
	(void)state;
	check(esc_text, S("\xff\xfe"), FFFD FFFD);
	check(esc_text, S("\xc3"), FFFD);
	check(esc_text, S("\xc3<"), FFFD "&lt;");           /* a broken sequence swallows nothing */
	check(esc_text, S("\xc0\xbc"), FFFD FFFD);          /* '<' in two bytes */
	check(esc_text, S("\xed\xa0\x80"), FFFD FFFD FFFD); /* a surrogate */
}

static void what_turns_the_text_around(void **state)
{
	(void)state;
	check(esc_text,
	    S("\xe2\x80\xae"
	      "gpj.exe"),
	    FFFD "gpj.exe");
	check(esc_text, S("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad"), FFFD FFFD FFFD FFFD);
	check(esc_text, S("\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9"), FFFD FFFD FFFD FFFD);
	check(esc_text, S("\xc2\x9b"), FFFD); /* C1 */
	check(esc_text, S("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d\xe2\x80\x8f"),
	    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d\xe2\x80\x8f");
}

static void urls(void **state)
{
	(void)state;
	check(esc_url, S("https://mcp.example.com/a?b=c&d#e"), "https://mcp.example.com/a?b=c&amp;d#e");
	check(esc_url, S("HTTP://x"), "HTTP://x");
	check(esc_url, S("/login?txn=a:b"), "/login?txn=a:b");
	check(esc_url, S(""), "");
	check(esc_url, S("#top"), "#top");
	check(esc_url, S("next"), "next");
	check(esc_url, S("\"><script>"), "&quot;&gt;&lt;script&gt;");
	static const str refused[] = { S_INIT("javascript:alert(1)"), S_INIT("JavaScript:alert(1)"),
		S_INIT("java\nscript:alert(1)"), S_INIT(" javascript:alert(1)"),
		S_INIT("\x01javascript:alert(1)"), S_INIT("data:text/html,x"), S_INIT("vbscript:x"),
		S_INIT("file:///etc/passwd"), S_INIT("blob:x"), S_INIT(":x"), S_INIT("javascript&colon;x y"),
		S_INIT("/\\evil.example"), S_INIT("\\\\evil.example"), S_INIT("cursor://x") };
	for (size_t i = 0; i < COUNT(refused); i++)
		check(esc_url, refused[i], "#");
}

static void parts_of_urls(void **state)
{
	(void)state;
	check(esc_part, S("Claude Code (x)"), "Claude%20Code%20%28x%29");
	check(esc_part, S("a&b=c#d/../\"'<"), "a%26b%3Dc%23d%2F..%2F%22%27%3C");
	check(esc_part, S("javascript:"), "javascript%3A");
	check(esc_part, S("\xff"), "%FF");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(what_is_not_utf8),
		cmocka_unit_test(what_turns_the_text_around),
		cmocka_unit_test(urls),
		cmocka_unit_test(parts_of_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
