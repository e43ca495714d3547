/* The documents, the environment and the flags, in this order; what comes later wins. */
#include "core/config_inner.h"
#include "core/nearest.h"

static const struct config_row *row_at(size_t i)
{
	return &config_rows[i];
}

static str join(struct arena *mem, str section, str key)
{
	return section.n ? arena_printf(mem, "%.*s.%.*s", FMT(section), FMT(key)) : key;
}

enum err config_unknown(struct config_bind *b, const struct yaml *v, str of, const str *known, size_t count)
{
	struct nearest n = nearest_of(v->key);
	str in = of.n ? arena_printf(b->mem, " in %.*s", FMT(of)) : S("");

	for (size_t i = 0; i < count; i++)
		nearest_try(&n, known[i]);
	str near = nearest_found(&n);
	if (near.n)
		return config_fail(b, config_key_place(b, v),
		    "there is no key `%.*s`%.*s; did you mean `%.*s`?", FMT(str_sub(v->key, 0, 64)), FMT(in),
		    FMT(near));
	return config_fail(b, config_key_place(b, v),
	    "there is no key `%.*s`%.*s; `gatehouse reference config` lists them.",
	    FMT(str_sub(v->key, 0, 64)), FMT(in));
}

/* The names that could stand in the section: the first part of each key behind it. */
static enum err unknown_row(struct config_bind *b, const struct yaml *v, str section)
{
	str *known = NEW_ARRAY(b->mem, str, config_row_count);
	size_t n = 0;

	for (size_t i = 0; i < config_row_count; i++) {
		str key = row_at(i)->key, head, tail;
		if (section.n) {
			if (!str_cut(key, '.', &head, &tail) || !str_eq(head, section))
				continue;
			key = tail;
		}
		str_cut(key, '.', &head, &tail);
		known[n++] = head;
	}
	return config_unknown(b, v, section, known, n);
}

static enum err read_list(struct config_bind *b, const struct config_row *row, const struct yaml *v)
{
	str *items = NEW_ARRAY(b->mem, str, v->count + 1);
	size_t n = 0;

	if (v->type != YAML_LIST)
		return config_fail(b, config_place(b, v), "%.*s is a list: [ONE, TWO].", FMT(row->key));
	for (YAML_EACH(item, v)) {
		TRY(config_scalar(b, item, &items[n]));
		TRY(config_item(b, row->kind, config_place(b, item), items[n]));
		n++;
	}
	if (n == 0 && row->kind == CONFIG_CLIENT) /* "nobody" to who wrote it, "all" to who reads the count */
		return config_fail(b, config_place(b, v),
		    "%.*s names nobody: leave it out to let all in, or name somebody.", FMT(row->key));
	*(const str **)(void *)((char *)b->out + row->offset) = items;
	*(size_t *)(void *)((char *)b->out + row->count) = n;
	return OK;
}

/* Not ignored, since somebody relies on what is written there. */
static enum err read_fixed(struct config_bind *b, const struct config_row *row, const struct yaml *v)
{
	str text = S("");

	if (str_eq(row->fallback, S("[]"))) {
		if (v->type == YAML_LIST && !v->count)
			return OK;
		return config_fail(b, config_key_place(b, v),
		    "this version does not serve %.*s yet; leave it empty.", FMT(row->key));
	}
	TRY(config_scalar(b, v, &text));
	if (str_eq(text, row->fallback))
		return OK;
	return config_fail(b, config_place(b, v),
	    "this version serves only %.*s: %.*s yet; write that, or leave it out.", FMT(row->key),
	    FMT(row->fallback));
}

static enum err read_value(struct config_bind *b, const struct config_row *row, const struct yaml *v)
{
	str text;

	switch (row->shape) {
	case CONFIG_VALUE:
		if (row->kind != CONFIG_SECRET)
			TRY(config_scalar(b, v, &text));
		else if (v->type == YAML_SCALAR)
			text = v->text; /* config_set resolves it */
		else
			return config_scalar(b, v, &text);
		return config_set(b, row, config_place(b, v), text);
	case CONFIG_LIST:
		return read_list(b, row, v);
	case CONFIG_TREE:
		return row->read(b, v);
	case CONFIG_FIXED:
		return read_fixed(b, row, v);
	case CONFIG_LATER:
		break;
	}
	return config_fail(b, config_key_place(b, v),
	    "this version does not serve `%.*s` yet; take it out. (%.*s)", FMT(row->key), FMT(row->help));
}

/* A list may come in pieces from several files; anything else stands in one place. */
static enum err once(struct config_bind *b, const struct config_row *row, const struct yaml *v)
{
	str *where = &b->where[row - config_rows];

	if (where->n && row->shape != CONFIG_TREE)
		return config_fail(b, config_key_place(b, v),
		    "%.*s is set already, at %.*s; keep one of the two.", FMT(row->key), FMT(*where));
	*where = config_place(b, v);
	return OK;
}

static enum err read_section(struct config_bind *b, const struct yaml *map, str section)
{
	for (YAML_EACH(v, map)) {
		str key = join(b->mem, section, v->key);
		const struct config_row *row = config_row_find(key);

		if (yaml_is_null(v) && (row || config_section(key)))
			continue; /* a key with nothing behind it says nothing */
		if (!section.n && v->type == YAML_MAP && config_section(key)) {
			TRY(read_section(b, v, key)); /* one level deep */
			continue;
		}
		if (!row && config_section(key))
			return config_fail(b, config_place(b, v),
			    "%.*s has keys of its own: a mapping is expected here.", FMT(key));
		if (!row)
			return unknown_row(b, v, section);
		TRY(once(b, row, v));
		TRY(read_value(b, row, v));
	}
	return OK;
}

static enum err read_document(struct config_bind *b, str file, str text)
{
	const struct yaml *doc;
	struct yaml_fault fault;

	b->file = file;
	if (yaml_parse(b->mem, text, &doc, &fault) != OK)
		return config_fail(b, arena_printf(b->mem, "%.*s:%d:%d", FMT(file), fault.line, fault.col),
		    "this is not YAML as we take it: %.*s.", FMT(fault.why));
	if (doc->type != YAML_MAP)
		return config_fail(b, config_place(b, doc), "the file is a mapping of keys to values.");
	return read_section(b, doc, S(""));
}

enum err config_include_read(struct config_bind *b, const struct yaml *v)
{
	const struct yaml *one = v->type == YAML_LIST ? v->first : v;

	if (b->included)
		return config_fail(b, config_key_place(b, v), "an included file includes no others.");
	for (; one; one = v->type == YAML_LIST ? one->next : NULL) {
		str pattern, why;
		const str *paths;
		size_t count;
		TRY(config_scalar(b, one, &pattern));
		if (!b->in->port.match(b->in->port.arg, b->mem, b->file, pattern, &paths, &count, &why))
			return config_fail(b, config_place(b, one), "%.*s %.*s.", FMT(pattern), FMT(why));
		if (count == 0 && !str_has(pattern, '*') && !str_has(pattern, '?') && !str_has(pattern, '['))
			return config_fail(
			    b, config_place(b, one), "the file %.*s is not there.", FMT(pattern));
		if (count > CONFIG_INCLUDES_MAX - b->include_count)
			return config_fail(
			    b, config_place(b, one), "more than %d files are included.", CONFIG_INCLUDES_MAX);
		for (size_t i = 0; i < count; i++)
			b->includes[b->include_count++] = paths[i];
	}
	return OK;
}

static enum err read_files(struct config_bind *b)
{
	TRY(read_document(b, b->in->file, b->in->text));
	b->included = true;
	for (size_t i = 0; i < b->include_count; i++) {
		str text, why;
		if (!b->in->port.read(b->in->port.arg, b->mem, S(""), b->includes[i], &text, &why))
			return config_fail(b, b->includes[i], "this file %.*s.", FMT(why));
		TRY(read_document(b, b->includes[i], text));
	}
	return OK;
}

static enum err read_environment(struct config_bind *b)
{
	b->file = S(""); /* file:// is relative to where we run */
	for (size_t i = 0; i < config_row_count; i++) {
		str name = config_variable(b->mem, row_at(i));
		if (row_at(i)->shape != CONFIG_VALUE)
			continue;
		str value = b->in->port.env(b->in->port.arg, name);
		if (value.p && value.n)
			TRY(config_set(b, row_at(i), name, arena_copy(b->mem, value)));
	}
	return OK;
}

static enum err read_flags(struct config_bind *b)
{
	for (size_t i = 0; i < b->in->flag_count; i++) {
		const struct config_flag *f = &b->in->flags[i];
		size_t row = 0;
		while (row < config_row_count && !(row_at(row)->flag.n && str_eq(row_at(row)->flag, f->name)))
			row++;
		if (row == config_row_count)
			return config_fail(b, f->name, "there is no such flag.");
		TRY(config_set(b, row_at(row), f->name, f->value));
	}
	return OK;
}

static enum err read_defaults(struct config_bind *b)
{
	for (size_t i = 0; i < config_row_count; i++)
		if (row_at(i)->shape == CONFIG_VALUE)
			TRY(config_set(b, row_at(i), S(""), row_at(i)->fallback));
	return OK;
}

enum err config_bind(
    struct arena *mem, const struct config_input *in, struct config *out, struct config_problem *problem)
{
	struct config_bind *b = NEW(mem, struct config_bind);

	*out = (struct config){ .mem = mem, .file = in->file };
	*b = (struct config_bind){ .mem = mem,
		.in = in,
		.out = out,
		.problem = problem,
		.where = NEW_ARRAY(mem, str, config_row_count) };
	TRY(read_defaults(b));
	if (in->file.n)
		TRY(read_files(b));
	TRY(read_environment(b));
	TRY(read_flags(b));
	return config_finish(b);
}
