#include "base/buf.h"
#include "base/unit.h"
#include "base/yaml.h"

#include <string.h>

static void a_tree_with_places(void **state)
{
	static const str text = S_INIT("# a comment\n"
				       "base_url: http://localhost:8080\n"
				       "tls: { cert: 'full.pem', key: \"k.pem\" }\n"
				       "clients:\n"
				       "  - client_id: ci\n"
				       "    scopes: [\"users:read\", write]\n"
				       "  - plain\n"
				       "note: |\n"
				       "  two\n"
				       "  lines\n"
				       "empty:\n");
	struct arena *mem = arena_new(1 << 20);
	const struct yaml *root, *v;

	same_err("parses", yaml_parse(mem, text, &root, NULL), OK);
	holds("a mapping", root->type == YAML_MAP && root->count == 5);
	v = yaml_get(root, S("base_url"));
	same("a scalar", v->text, S("http://localhost:8080"));
	holds("where the key is", v->key_line == 2 && v->key_col == 1);
	holds("where the value is", v->line == 2 && v->col == 11);
	holds("plain", !v->quoted);
	v = yaml_get(yaml_get(root, S("tls")), S("key"));
	same("quoted", v->text, S("k.pem"));
	holds("quoted, and where", v->quoted && v->line == 3 && v->key_col == 26 && v->col == 31);
	v = yaml_get(root, S("clients"));
	holds("a list", v->type == YAML_LIST && v->count == 2 && v->line == 5 && v->col == 3);
	same("of mappings", yaml_get(v->first, S("client_id"))->text, S("ci"));
	holds("an item has no key", v->first->key_line == 0 && v->first->key.n == 0);
	same("and scalars", v->first->next->text, S("plain"));
	size_t n = 0;
	for (YAML_EACH(item, yaml_get(v->first, S("scopes"))))
		n += item->text.n;
	same_int("each", (int64_t)n, 15);
	v = yaml_get(root, S("note"));
	same("a block", v->text, S("two\nlines\n"));
	holds("a block is quoted", v->quoted);
	v = yaml_get(root, S("empty"));
	holds("empty is null", yaml_is_null(v));
	holds("absent", !yaml_get(root, S("none")) && !yaml_get(v, S("x")) && !yaml_get(NULL, S("x")));
	arena_unref(mem);
}

static void scalars(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		bool null;
		int truth; /* -1: none */
		bool integer;
		int64_t n;
	} rows[] = {
		{ "true", S_INIT("true"), false, 1, false, 0 },
		{ "yes", S_INIT("yes"), false, 1, false, 0 },
		{ "on", S_INIT("on"), false, 1, false, 0 },
		{ "false", S_INIT("false"), false, 0, false, 0 },
		{ "no", S_INIT("no"), false, 0, false, 0 },
		{ "off", S_INIT("off"), false, 0, false, 0 },
		{ "null", S_INIT("null"), true, -1, false, 0 },
		{ "a tilde", S_INIT("~"), true, -1, false, 0 },
		{ "a number", S_INIT("-17"), false, -1, true, -17 },
		{ "a quoted number", S_INIT("\"17\""), false, -1, false, 0 },
		{ "a quoted true", S_INIT("'true'"), false, -1, false, 0 },
		{ "a quoted null", S_INIT("'null'"), false, -1, false, 0 },
		{ "a capital True", S_INIT("True"), false, -1, false, 0 },
		{ "a list", S_INIT("[1]"), false, -1, false, 0 },
	};
	struct arena *mem = arena_new(1 << 20);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct yaml *v;
		bool truth = false;
		int64_t n;
		same_err(rows[i].sentence, yaml_parse(mem, rows[i].text, &v, NULL), OK);
		holds(rows[i].sentence, yaml_is_null(v) == rows[i].null);
		holds(rows[i].sentence, (yaml_bool_of(v, &truth) ? truth : -1) == rows[i].truth);
		holds(rows[i].sentence, yaml_int_of(v, &n) == rows[i].integer);
		if (rows[i].integer)
			same_int(rows[i].sentence, n, rows[i].n);
	}
	arena_unref(mem);
}

static void an_empty_text_is_an_empty_mapping(void **state)
{
	static const str texts[] = { { NULL, 0 }, S_INIT(""), S_INIT("\n\n"), S_INIT("# nothing\n"),
		S_INIT("---\n"), S_INIT("{}") };
	struct arena *mem = arena_new(1 << 20);

	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct yaml *v;
		same_err("empty", yaml_parse(mem, texts[i], &v, NULL), OK);
		holds("empty", v->type == YAML_MAP && v->count == 0 && !v->first && v->line >= 1);
	}
	arena_unref(mem);
}

static void refused(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		int line, col;
		const char *why;
	} rows[] = {
		{ "a key twice", S_INIT("a: 1\nb: 2\na: 3\n"), 3, 1, "key 'a' given twice" },
		{ "a key twice, quoted", S_INIT("{a: 1, \"a\": 2}"), 1, 8, "key 'a' given twice" },
		{ "an anchor on a scalar", S_INIT("a: &x 1\n"), 1, 4, "anchors" },
		{ "an anchor on a list", S_INIT("a: &x [1]\n"), 1, 4, "anchors" },
		{ "an anchor on a mapping", S_INIT("a: &x {b: 1}\n"), 1, 4, "anchors" },
		{ "an anchor on a key", S_INIT("&x a: 1\n"), 1, 1, "anchors" },
		{ "an alias", S_INIT("a: 1\nb: *a\n"), 2, 4, "aliases" },
		{ "a tag on a scalar", S_INIT("a: !!str 1\n"), 1, 4, "tags" },
		{ "a tag of one's own", S_INIT("a: !env X\n"), 1, 4, "tags" },
		{ "a tag on a list", S_INIT("a: !!set [1]\n"), 1, 4, "tags" },
		{ "a tag on a mapping", S_INIT("--- !!map\na: 1\n"), 1, 5, "tags" },
		{ "two documents", S_INIT("a: 1\n---\nb: 2\n"), 2, 1, "more than one document" },
		{ "a list for a key", S_INIT("? [a]\n: 1\n"), 1, 3, "key" },
		{ "a mapping for a key", S_INIT("{{a: b}: 1}\n"), 1, 2, "key" },
		{ "depth 17", S_INIT("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"), 1, 17, "deep" },
		{ "a NUL", S_INIT("a: \"x\\0\"\n"), 1, 4, "NUL" },
		{ "a tab for indentation", S_INIT("a:\n\tb: 1\n"), 2, 1, "" },
		{ "an open bracket", S_INIT("a: [1, 2\n"), 2, 1, "" },
		{ "an open quote", S_INIT("a: \"x\n"), 2, 1, "" },
		{ "two keys in one line", S_INIT("a: b: c\n"), 1, 5, "" },
		{ "a bare control character", S_INIT("b: 1\na: \x01\n"), 2, 4, "" },
		{ "bad UTF-8", S_INIT("b: 1\n\na: \xff\n"), 3, 4, "" },
		{ "a lone surrogate", S_INIT("a: \"\\ud800\"\n"), 1, 7, "" },
	};
	struct arena *mem = arena_new(1 << 20);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct yaml *v;
		struct yaml_fault fault = { 0 };
		same_err(rows[i].sentence, yaml_parse(mem, rows[i].text, &v, &fault), ERR_YAML_SYNTAX);
		holds(rows[i].sentence, !v && fault.why.n);
		holds(rows[i].sentence, str_find(fault.why, str_of(rows[i].why)) >= 0);
		same_int(rows[i].sentence, fault.line, rows[i].line);
		same_int(rows[i].sentence, fault.col, rows[i].col);
		same_err(rows[i].sentence, yaml_parse(mem, rows[i].text, &v, NULL), ERR_YAML_SYNTAX);
	}
	arena_unref(mem);
}

static void sizes(void **state)
{
	struct arena *mem = arena_new(SIZE_MAX), *small = arena_new(300);
	const struct yaml *v;
	struct yaml_fault fault;
	struct buf b = { 0 };

	same_err("depth 16", yaml_parse(mem, S("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"), &v, NULL), OK);
	for (int i = 0; i < 4097; i++) {
		buf_put(&b, S("- x\n"));
		if (i == 4095)
			same_err("4096 items", yaml_parse(mem, buf_str(&b), &v, NULL), OK);
	}
	same_err("4097 items", yaml_parse(mem, buf_str(&b), &v, &fault), ERR_YAML_SYNTAX);
	same_int("and where", fault.line, 4097);
	buf_free(&b);
	for (size_t i = 0; i <= YAML_SIZE_MAX; i++)
		buf_char(&b, '#');
	same_err("over 1 MiB", yaml_parse(mem, buf_str(&b), &v, &fault), ERR_YAML_SYNTAX);
	same("over 1 MiB", fault.why, S("larger than 1 MiB"));
	same_err("just 1 MiB", yaml_parse(mem, str_sub(buf_str(&b), 0, YAML_SIZE_MAX), &v, NULL), OK);
	buf_free(&b);
	same_err("no memory", yaml_parse(small, S("[a, b, c, d]"), &v, &fault), ERR_YAML_SYNTAX);
	same("no memory", fault.why, S("too large"));
	arena_unref(small);
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_with_places),
		cmocka_unit_test(scalars),
		cmocka_unit_test(an_empty_text_is_an_empty_mapping),
		cmocka_unit_test(refused),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
