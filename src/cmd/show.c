#include "cmd/show.h"

#include "cmd/cli.h"

#define NAME_WIDTH 16

str show_value(struct arena *mem, const struct json *v)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	switch (v->type) {
	case JSON_NULL:
		return S("-");
	case JSON_TRUE:
		return S("yes");
	case JSON_FALSE:
		return S("no");
	case JSON_NUMBER:
	case JSON_STRING:
		return v->text.n ? v->text : S("-");
	case JSON_ARRAY:
		for (JSON_EACH(item, v)) {
			if (b.n)
				buf_char(&b, ' ');
			buf_put(&b, show_value(mem, item));
		}
		return b.n ? buf_str(&b) : S("-");
	case JSON_OBJECT:
		jout_json(&j, S(""), v);
		return buf_str(&b);
	}
	return S("");
}

static bool of_objects(const struct json *v)
{
	return v->type == JSON_ARRAY && v->first && v->first->type == JSON_OBJECT;
}

static void show_lines(struct arena *mem, const struct json *o)
{
	for (JSON_EACH(m, o)) {
		str value = show_value(mem, m);
		cli_say("%-*.*s  %.*s\n", NAME_WIDTH, FMT(m->key), FMT(value));
	}
}

void show_result(const struct json *o)
{
	struct arena *mem = arena_new((size_t)64 << 20);
	bool more = false;

	for (JSON_EACH(m, o)) {
		if (!of_objects(m)) {
			str value = show_value(mem, m);
			cli_say("%-*.*s  %.*s\n", NAME_WIDTH, FMT(m->key), FMT(value));
			more = true;
			continue;
		}
		for (JSON_EACH(item, m)) {
			if (more)
				cli_say("\n");
			show_lines(mem, item);
			more = true;
		}
		cli_say("\n");
		more = false;
	}
	arena_unref(mem);
}
