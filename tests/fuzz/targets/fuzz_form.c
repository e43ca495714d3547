/* Forms and typed parameters: what was read, encoded again, reads the same. covers: src/http/form.c src/http/param.c */
#include "base/enc.h"
#include "http/form.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

struct params {
	str text, vschar, token, uri, scope, any;
	struct secret secret;
	struct param_list list;
};

#define ROW(name_, kind_, max_)                                             \
	{                                                                   \
		S_INIT(#name_), kind_, max_, offsetof(struct params, name_) \
	}

static const struct param_row table[] = {
	ROW(text, PARAM_TEXT, 50),
	ROW(vschar, PARAM_VSCHAR, 50),
	ROW(token, PARAM_TOKEN, 50),
	ROW(uri, PARAM_URI, 50),
	ROW(scope, PARAM_SCOPE, 50),
	ROW(any, PARAM_ANY, 50),
	ROW(secret, PARAM_SECRET, 50),
	ROW(list, PARAM_LIST, 50),
};

static void typed(const struct form *f)
{
	struct params p = { 0 };
	str which;
	enum err e = param_fill(f, table, COUNT(table), &p, &which);

	MUST((e == OK) == (which.n == 0));
	if (e != OK)
		return;
	MUST(p.text.n <= 50 && p.secret.len <= 50 && p.list.count <= COUNT(p.list.items));
	MUST(str_within(p.vschar, 0x20, 0x7e) && str_within(p.uri, 0x21, 0x7e) &&
	    str_within(p.scope, 0x20, 0x7e));
	MUST(!str_has(p.text, '\n') && !str_has(p.any, '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str text = { (const char *)data, size };
	struct arena *mem = arena_new(4 << 20);
	struct form f, again;
	struct buf b = BUF(mem);

	if (form_parse(mem, text, &f) == OK) {
		typed(&f);
		for (size_t i = 0; i < f.count; i++) {
			MUST(str_utf8(f.fields[i].name) && !str_has(f.fields[i].value, '\0'));
			MUST(form_get(&f, f.fields[i].name).p);
			buf_put(&b, i ? S("&") : S(""));
			percent_write(&b, f.fields[i].name);
			buf_char(&b, '=');
			percent_write(&b, f.fields[i].value);
		}
		MUST(!b.full && form_parse(mem, buf_str(&b), &again) == OK && again.count == f.count);
		for (size_t i = 0; i < f.count; i++)
			MUST(str_eq(f.fields[i].name, again.fields[i].name) &&
			    str_eq(f.fields[i].value, again.fields[i].value));
	}
	arena_unref(mem);
	return 0;
}
