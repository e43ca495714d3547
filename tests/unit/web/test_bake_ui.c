/* The baker of pages: what it refuses, with file and line, and what it makes of the places of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/bake/bake.h"

static char dir[] = "/tmp/gatehouse-bake-XXXXXX";
static char said[1 << 16], made[1 << 20];

static void put(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void read_all(FILE *f, char *to, size_t size)
{
	to[f ? fread(to, 1, size - 1, f) : 0] = '\0';
	if (f)
		fclose(f);
}

/* Bakes pages/p.html, in a child, since the baker ends at its first mistake; gives the exit status, with what was said and ui_gen.c. */
static int bake(const char *page)
{
	int ends[2], status;
	char path[128];

	put("pages/p.html", page);
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], 2);
		_exit(bake_ui(dir, dir));
	}
	close(ends[1]);
	read_all(fdopen(ends[0], "r"), said, sizeof said);
	assert_int_equal(waitpid(child, &status, 0), child);
	snprintf(path, sizeof path, "%s/ui_gen.c", dir);
	read_all(fopen(path, "r"), made, sizeof made);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define VIEW "{{! view\n\ta str\n\tn int\n\tf flag\n\tl list item {\n\t\tb str\n\t}\n}}\n"
#define USED "{{a}}{{n}}{{?f}}x{{/f}}{{#l}}{{b}}{{/l}}" /* all fields, on one line */

static void mistakes(void **state)
{
	static const struct {
		const char *page, *words; /* behind the folder */
					  /* clang-format off */
	} rows[] = {
		{ "<p>", "pages/p.html:1: a page begins with {{! view" },
		{ VIEW USED "\n\n<p>{{c}}</p>", "pages/p.html:11: page 'p' has no field 'c'" },
		{ VIEW USED "{{b}}", "pages/p.html:9: page 'p' has no field 'b'" },
		{ VIEW "{{a}}{{n}}{{?f}}x{{/f}}", "pages/p.html:5: field 'l' is declared but never shown" },
		{ "{{! view\n\ta str\n\ta str\n}}\n", "pages/p.html:3: field 'a' is declared twice" },
		{ "{{! view\n\ta string\n}}\n", "pages/p.html:2: field 'a' has no type 'string'" },
		{ "{{! view\n\tA str\n}}\n", "pages/p.html:2: 'A' is no name" },
		{ "{{! view\n\tl list {\n}}\n", "pages/p.html:2: '{' is no name for a struct" },
		{ "{{! view\n\tl list x {\n\t\tb str\n}}\n", "the brace of list 'x' is not closed" },
		{ "{{! view\n\t}\n}}\n", "pages/p.html:2: this brace closes nothing" },
		{ VIEW "{{{a}}}", "pages/p.html:9: {{{a}}: not a name; there is no other notation, and no raw output" },
		{ VIEW "{{&a}}", "no raw output" },
		{ VIEW "{{a", "pages/p.html:9: this {{ is not closed" },
		{ VIEW "{{a\n}}", "{{ and }} stand on one line" },
		{ VIEW "{{f}}", "{{f}}: a flag is not shown as it is" },
		{ VIEW "{{l}}", "{{l}}: a list is not shown as it is" },
		{ VIEW "{{#a}}{{/a}}", "{{#a}}: not a list; write {{?a}}" },
		{ VIEW "{{?a}}", "pages/p.html:9: {{?a}} is not closed" },
		{ VIEW "{{/a}}", "{{/a}} closes nothing" },
		{ VIEW "{{?a}}\n{{?f}}{{/a}}", "pages/p.html:10: {{/a}}, but {{?f}} of line 10 is open" },
		{ VIEW "{{?a}}<p class=\"x{{/a}}\">", "must end at the same place of the HTML as it began" },
		{ VIEW "<p {{?a}}class=\"x\">{{/a}}", "must end at the same place of the HTML as it began" },
		{ VIEW "<a href=\"{{?a}}/x{{/a}}\">", "must end at the same place of the HTML as it began" },
		{ VIEW "<p {{a}}>", "{{a}}: a value can stand in text or in a quoted attribute only" },
		{ VIEW "<p class={{a}}>", "nothing of the kind can stand here" },
		{ VIEW "<{{a}}>", "nothing of the kind can stand here" },
		{ VIEW "<p class=x>", "values of attributes stand in double quotes" },
		{ VIEW "<p class='x'>", "values of attributes stand in double quotes" },
		{ VIEW "<p o{{?f}}x{{/f}}nclick=\"\">", "an attribute's name, or a blank before it, was expected" },
		{ VIEW "\n<p onclick=\"x()\">", "pages/p.html:10: no event handlers" },
		{ VIEW "<p ONCLICK=\"x()\">", "no event handlers" },
		{ VIEW "<p style=\"{{a}}\">", "no inline styles" },
		{ VIEW "<style>", "no inline styles" },
		{ VIEW "<script>{{a}}", "{{a}}: a value can stand in text" },
		{ VIEW "<script>x()</script>", "no inline scripts" },
		{ VIEW "<meta content=\"{{a}}\">", "this attribute takes no value from outside" },
		{ VIEW "<img srcset=\"{{a}}\">", "this attribute takes no value from outside" },
		{ VIEW "<form method=\"{{a}}\">", "this attribute takes no value from outside" },
		{ VIEW "<!-- {{a}} -->", "write comments as {{! ... }}" },
		{ VIEW "a < b", "write &lt; for this '<'" },
		{ VIEW USED "<p", "the page ends inside a tag" },
		{ VIEW USED "<pre>", "the page ends inside a tag or element" },
		{ VIEW "</pre>", "this closes what is not open" },
		{ VIEW "{{> nosuch}}", "partials/nosuch.html: No such file" },
		{ VIEW "{{> loop}}", "partials/loop.html:1: {{> loop}}: partials in partials without end" },
		{ VIEW "{{> uses_c}}", "partials/uses_c.html:2: page 'p' has no field 'c'" },
		{ VIEW "<link href=\"{{@nosuch.css}}\">", "there is no " },
		{ VIEW "<p>{{@x.css}}", "{{@x.css}} is a whole href or src" },
		{ VIEW "<a href=\"/a{{@x.css}}\">", "{{@x.css}} is a whole href or src" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(bake(rows[i].page), 1);
		if (!strstr(said, rows[i].words))
			fail_msg("for %s\nit said: %s not: %s", rows[i].page, said, rows[i].words);
	}
}

static void expect(const char *page, const char *code)
{
	char all[4096];

	snprintf(all, sizeof all, "%s%s%s", VIEW, page, USED);
	if (bake(all) != 0)
		fail_msg("%s: %s", page, said);
	if (!strstr(made, code))
		fail_msg("%s did not become %s but\n%s", page, code, made);
}

static void places(void **state)
{
	(void)state;
	expect("<p>{{a}}</p>", "S(\"<p>\"));\n\tesc_text(o, v0->a);");
	expect("<p class=\"{{a}}\"></p>", "S(\"<p class=\\\"\"));\n\tesc_text(o, v0->a);");
	expect("<a href=\"{{a}}\">", "S(\"<a href=\\\"\"));\n\tesc_url(o, v0->a);");
	expect("<a href=\"/x?y={{a}}\">",
	    "S(\"<a href=\\\"\"));\n\tesc_url(o, f->base);\n\tbuf_put(o, S(\"/x?y=\"));\n\tesc_part(o, "
	    "v0->a);");
	expect("<a href=\"{{a}}{{a}}\">", "esc_url(o, v0->a);\n\tesc_part(o, v0->a);");
	expect("<a href=\"//cdn.example\">", "S(\"<a href=\\\"//cdn.example\\\">");
	expect("<form action=\"/login\">",
	    "S(\"<form action=\\\"\"));\n\tesc_url(o, f->base);\n\tbuf_put(o, S(\"/login\\\">");
	expect("<link href=\"{{@x.css}}\">", "esc_url(o, f->base);\n\tbuf_put(o, S(\"/static/x.");
	expect("{{n}}", "buf_int(o, v0->n);");
	expect("{{^f}}x{{/f}}", "if (!(v0->f)) {");
	expect("{{?a}}x{{/a}}", "if ((v0->a.n > 0)) {");
	expect("{{?n}}x{{/n}}", "if ((v0->n != 0)) {");
	expect("{{?l}}x{{/l}}", "if ((v0->l_count > 0)) {");
	expect("{{#l}}{{a}}{{b}}{{/l}}",
	    "const struct view_item *v1 = &v0->l[i1];\n\tesc_text(o, v0->a);\n\tesc_text(o, v1->b);");
	expect("<input{{?f}} checked{{/f}} required>",
	    "S(\" checked\"));\n\t}\n\tbuf_put(o, S(\" required>\"));");
	expect("{{brand}}", "esc_text(o, f->brand);");
	expect("{{! not sent }}<b>", "{\n\t(void)f;\n\t(void)v0;\n\tbuf_put(o, S(\"<b>\"));");
	expect("<b>\n\t  <i>\n\n</i>", "S(\"<b>\\n\"\n\t    \"<i>\\n\"\n\t    \"</i>\"));");
	expect(
	    "<pre>\n  a\n\n</pre>", "S(\"<pre>\\n\"\n\t    \"  a\\n\"\n\t    \"\\n\"\n\t    \"</pre>\"));");
	expect("{{> good}}", "S(\"<i>\"));\n\tesc_text(o, v0->a);");
}

static void static_files(void **state)
{
	(void)state;
	expect("", "{ S_INIT(\"x.css\"), S_INIT(\"/static/x.");
	char first[64], second[64];
	const char *at = strstr(made, "/static/x.");
	snprintf(first, sizeof first, "%.30s", at);
	put("static/x.css", "b{}");
	expect("", "S_INIT(\"b{}\")");
	snprintf(second, sizeof second, "%.30s", strstr(made, "/static/x."));
	assert_string_not_equal(first, second);
	put("static/Bad name.css", "");
	assert_int_equal(bake(VIEW USED), 1);
	assert_non_null(strstr(said, "static files are named"));
	char path[128];
	snprintf(path, sizeof path, "%s/static/Bad name.css", dir);
	unlink(path);
	put("static/x.exe", "");
	assert_int_equal(bake(VIEW USED), 1);
	assert_non_null(strstr(said, "no media type is known for .exe"));
	snprintf(path, sizeof path, "%s/static/x.exe", dir);
	unlink(path);
}

static void shared_structs(void **state)
{
	(void)state;
	put("pages/q.html", VIEW USED);
	assert_int_equal(bake(VIEW USED), 0);
	put("pages/q.html", "{{! view\n\tl list item {\n\t\tc str\n\t}\n}}\n{{#l}}{{c}}{{/l}}");
	assert_int_equal(bake(VIEW USED), 1);
	assert_non_null(
	    strstr(said, "pages/q.html:2: struct view_item is declared in another way by another page"));
}

static int setup(void **state)
{
	char path[128];
	static const char *const folders[] = { "pages", "partials", "static" };

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	put("partials/loop.html", "{{> loop}}");
	put("partials/uses_c.html", "\n{{c}}");
	put("partials/good.html", "<i>{{a}}</i>");
	put("static/x.css", "a{}");
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = { "pages/p.html", "pages/q.html", "partials/loop.html",
		"partials/uses_c.html", "partials/good.html", "static/x.css", "ui_gen.c", "ui_gen.h", "pages",
		"partials", "static", "" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		(void)remove(path);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes),
		cmocka_unit_test(places),
		cmocka_unit_test(static_files),
		cmocka_unit_test(shared_structs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
