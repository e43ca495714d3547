/* The pages with good and hostile data against tests/golden/pages. GOLDEN=write writes them anew: read the difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "web/page.h"
#include "web/samples.h"

static const struct page_frame at_root = { S_INIT(""), S_INIT("Gatehouse") };

static str render(struct arena *mem, const struct page_frame *frame, const struct sample *s)
{
	struct buf b = BUF(mem);

	page_write_framed(&b, frame, s->page, s->view);
	return buf_str(&b);
}

/* The hash of a static file changes with every touch of it; goldens say HASH. */
static str without_hashes(struct arena *mem, str html)
{
	struct buf b = BUF(mem);

	while (html.n) {
		ptrdiff_t at = str_find(html, S("/static/"));
		if (at < 0)
			break;
		buf_put(&b, str_sub(html, 0, (size_t)at));
		html = str_sub(html, (size_t)at, html.n);
		for (size_t i = 0; i < ui_asset_count; i++) {
			const struct ui_asset *a = &ui_assets[i];
			if (!str_starts(html, a->path))
				continue;
			str stem, ext;
			assert_true(str_cut(a->name, '.', &stem, &ext));
			buf_printf(&b, "/static/%.*s.HASH.%.*s", FMT(stem), FMT(ext));
			html = str_sub(html, a->path.n, html.n);
			at = -1;
			break;
		}
		assert_int_equal(at, -1); /* every address below /static is one of a file */
	}
	buf_put(&b, html);
	return buf_str(&b);
}

static str read_golden(struct arena *mem, const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return S("");
	static char text[1 << 16];
	size_t n = fread(text, 1, sizeof text, f);
	fclose(f);
	return arena_copy(mem, (str){ text, n });
}

static void compare(struct arena *mem, const char *name, str html)
{
	str path = arena_printf(mem, "tests/golden/pages/%s.html", name);

	if (getenv("GOLDEN")) {
		FILE *f = fopen(path.p, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(html.p, 1, html.n, f), html.n);
		assert_int_equal(fclose(f), 0);
	}
	if (!str_eq(html, read_golden(mem, path.p)))
		fail_msg("%s differs; now it is:\n%.*s", path.p, FMT(html));
}

static void pages_are_as_kept(void **state)
{
	struct arena *mem = arena_new(1 << 22);
	size_t count;
	const struct sample *all = samples_make(mem, &count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		compare(mem, all[i].name, without_hashes(mem, render(mem, &at_root, &all[i])));
	arena_unref(mem);
}

static size_t occurrences(str s, str what)
{
	size_t n = 0;

	for (ptrdiff_t at; (at = str_find(s, what)) >= 0; n++)
		s = str_sub(s, (size_t)at + what.n, s.n);
	return n;
}

/* AUTHZ-21: no value adds a tag, an attribute or an address to the page, whatever it is. */
static void hostile_values_stay_text(void **state)
{
	struct arena *mem = arena_new(1 << 22);
	size_t count;
	const struct sample *all = samples_make(mem, &count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		str html = render(mem, &at_root, &all[i]);
		assert_true(str_utf8(html));
		assert_int_equal(occurrences(html, S("<script")), 0);
		assert_int_equal(occurrences(html, S("onclick=\"")), 0);
		assert_int_equal(occurrences(html, S("javascript:")), 0);
		assert_int_equal(occurrences(html, S("\"data:")), 0);
		assert_int_equal(occurrences(html, S("\xe2\x80\xae")), 0);
		assert_true(str_starts(html, S("<!doctype html>\n")));
		assert_true(str_ends(str_trim(html), S("</html>\n")) || str_ends(html, S("</html>")));
	}
	arena_unref(mem);
}

static void an_issuer_with_a_path_stands_before_local_addresses(void **state)
{
	struct arena *mem = arena_new(1 << 22);
	static const struct page_frame below = { S_INIT("/t/acme"), S_INIT("Acme & Sons") };
	size_t count;
	const struct sample *all = samples_make(mem, &count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		str html = render(mem, &below, &all[i]);
		size_t local = 0;
		static const str starts[] = { S_INIT("href=\"/"), S_INIT("action=\"/"), S_INIT("src=\"/") };
		for (size_t k = 0; k < COUNT(starts); k++)
			local += occurrences(html, starts[k]);
		size_t based = occurrences(html, S("=\"/t/acme/"));
		/* The address of "not you" comes from the handler, whole. */
		size_t whole = occurrences(html, S("href=\"/login?txn=tx_0")) +
		    occurrences(html, S("href=\"/login?other=1"));
		assert_int_equal(based, local - whole);
		assert_true(occurrences(html, S("Acme &amp; Sons")) > 0);
	}
	arena_unref(mem);
}

static void base_is_the_path_of_the_issuer(void **state)
{
	(void)state;
	assert_true(str_eq(page_base(S("https://mcp.example.com")), S("")));
	assert_true(str_eq(page_base(S("http://localhost:8080/")), S("")));
	assert_true(str_eq(page_base(S("https://mcp.example.com/t/acme")), S("/t/acme")));
}

static void a_page_is_rendered_into_the_reply(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	struct site site = { .tenant = { .issuer = S_INIT("https://a.example/x"), .name = S_INIT("Tor") } };
	struct http_reply reply = { 0 };
	struct ctx c = { .mem = mem, .site = &site, .reply = &reply };
	struct view_logout view = { .csrf = S_INIT("tok"), .person = S_INIT("o@example.com") };

	(void)state;
	page_render(&c);
	assert_int_equal(reply.body.n, 0);
	assert_int_equal(reply_page(&c, 200, PAGE_LOGOUT, &view), OK);
	page_render(&c);
	assert_true(str_find(reply.body, S("action=\"/x/logout\"")) > 0);
	assert_true(str_find(reply.body, S("value=\"tok\"")) > 0);
	assert_true(str_find(reply.body, S("<span>Tor</span>")) > 0);
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_as_kept),
		cmocka_unit_test(hostile_values_stay_text),
		cmocka_unit_test(an_issuer_with_a_path_stands_before_local_addresses),
		cmocka_unit_test(base_is_the_path_of_the_issuer),
		cmocka_unit_test(a_page_is_rendered_into_the_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
