/* Configuration files: a tree within its limits, or a fault with a place. covers: src/base/yaml.c */
#include "base/yaml.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

static void look(const struct yaml *v)
{
	int64_t n;
	bool truth;
	uint32_t count = 0;

	MUST(v->line >= 1 && v->col >= 1 && !str_has(v->text, '\0') && str_utf8(v->text));
	MUST(v->type == YAML_SCALAR || v->text.n == 0);
	MUST(yaml_is_null(v) + yaml_bool_of(v, &truth) + yaml_int_of(v, &n) <= 1);
	for (YAML_EACH(child, v)) {
		count++;
		if (v->type == YAML_MAP)
			MUST(yaml_get(v, child->key) == child && child->key_line >= 1 && child->key_col >= 1);
	}
	MUST(count == v->count && count <= YAML_CHILDREN_MAX);
}

/* Depth first, with a stack as deep as a tree may be. */
static void walk(const struct yaml *v)
{
	const struct yaml *up[YAML_DEPTH_MAX + 1];
	size_t depth = 0;

	for (;;) {
		look(v);
		if (v->first) {
			MUST(depth < YAML_DEPTH_MAX);
			up[depth++] = v;
			v = v->first;
			continue;
		}
		while (depth && !v->next)
			v = up[--depth];
		if (depth == 0)
			return;
		v = v->next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new(8 << 20);
	struct yaml_fault fault = { 0 };
	const struct yaml *v;

	if (yaml_parse(mem, (str){ (const char *)data, size }, &v, &fault) == OK)
		walk(v);
	else
		MUST(!v && fault.line >= 1 && fault.col >= 1 && fault.why.n);
	arena_unref(mem);
	return 0;
}
