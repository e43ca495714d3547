/*
 * The JSON reader and writer: what is read is written, and what is written is read again as the same; any bytes can be
 * written as a string. covers: src/base/json.c src/base/json_write.c
 */
#include "base/json.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

static str written(struct arena *mem, const struct json *v)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_json(&j, S(""), v);
	MUST(!b.full && j.depth == 0);
	return buf_str(&b);
}

static void look(const struct json *v)
{
	int64_t n;

	for (JSON_EACH(m, v)) {
		MUST(v->type != JSON_OBJECT || json_get(v, m->key) == m); /* no name twice */
		MUST(str_utf8(m->key) && !str_has(m->key, '\0'));
		if (m->type == JSON_STRING)
			MUST(str_utf8(m->text) && !str_has(m->text, '\0'));
		MUST(json_int_of(m, &n) == json_get_int(v, m->key, &n) || v->type != JSON_OBJECT);
		MUST(json_get_true(v, m->key) == (m->type == JSON_TRUE) || v->type != JSON_OBJECT);
		MUST(json_str_of(m).n == json_get_str(v, m->key).n || v->type != JSON_OBJECT);
	}
}

/* An answer with the input in every place that takes a string. */
static void answer(struct arena *mem, str any)
{
	struct buf b = { .mem = mem, .max = 1 << 20 };
	struct jout j = JOUT(&b);
	const struct json *v;

	jout_object(&j, S(""));
	jout_str(&j, S("s"), any);
	jout_str_opt(&j, S("opt"), any);
	jout_words(&j, S("words"), any);
	jout_int(&j, S("n"), (int64_t)any.n);
	jout_bool(&j, S("b"), any.n > 3);
	jout_null(&j, S("z"));
	jout_array(&j, S("a"));
	jout_strz(&j, S(""), "x");
	jout_json(&j, S(""), NULL);
	jout_end(&j);
	jout_end(&j);
	enum err e = json_parse(mem, buf_str(&b), &v, NULL);
	if (str_has(any, '\0') || b.full) {
		MUST(e == ERR_JSON_SYNTAX); /* we write NUL as an escape, and do not read it */
		return;
	}
	MUST(e == OK && v->count == 6 + (any.n > 0));
	if (str_utf8(any))
		MUST(str_eq(json_get_str(v, S("s")), any));
	MUST(!str_has(buf_str(&b), '<') && !str_has(buf_str(&b), '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str text = { (const char *)data, size };
	struct arena *mem = arena_new(4 << 20);
	struct json_fault fault = { .at = SIZE_MAX };
	const struct json *v, *again;

	answer(mem, text);
	enum err e = json_parse(mem, text, &v, &fault);
	if (e != OK) {
		MUST(!v && fault.at <= size && fault.why);
		arena_unref(mem);
		return 0;
	}
	look(v);
	for (JSON_EACH(m, v))
		look(m);
	str once = written(mem, v);
	MUST(json_parse(mem, once, &again, NULL) == OK);
	MUST(str_eq(written(mem, again), once));
	arena_unref(mem);
	return 0;
}
