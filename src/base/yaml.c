/* libyaml takes the text apart; here its events become a tree, or are refused. */
#include "base/yaml.h"

#include <yaml.h>

struct frame {
	struct yaml *node;
	struct yaml *last; /* newest child */
};

struct reader {
	struct arena *mem;
	yaml_parser_t parser;
	struct yaml *root;
	struct yaml *pending; /* a child that has its key and waits for its value */
	struct frame stack[YAML_DEPTH_MAX];
	size_t depth;
	bool documents; /* one was seen */
	bool done;
	struct yaml_fault fault;
};

static enum err bad(struct reader *r, const yaml_mark_t *at, str why)
{
	r->fault = (struct yaml_fault){ (int)at->line + 1, (int)at->column + 1, why };
	return ERR_YAML_SYNTAX;
}

/* libyaml's own words, and where; for bytes that are no text it only says the offset. */
static enum err bad_text(struct reader *r, str text)
{
	const yaml_parser_t *p = &r->parser;
	yaml_mark_t at = p->problem_mark;

	if (p->error == YAML_READER_ERROR) {
		at = (yaml_mark_t){ 0 };
		for (size_t i = 0; i < p->problem_offset && i < text.n; i++) {
			bool end = text.p[i] == '\n';
			at.line += end;
			at.column = end ? 0 : at.column + 1;
		}
	}
	return bad(r, &at, p->problem ? arena_copy(r->mem, str_of(p->problem)) : S("not readable"));
}

/* A child of the innermost container, or the root. */
static enum err attach(struct reader *r, const yaml_mark_t *at, struct yaml **out)
{
	struct yaml *v = arena_try(r->mem, sizeof *v);
	struct frame *f = r->depth ? &r->stack[r->depth - 1] : NULL;

	if (!v)
		return bad(r, at, S("too large"));
	*out = v;
	if (!f) {
		r->root = v;
		return OK;
	}
	if (f->node->count == YAML_CHILDREN_MAX)
		return bad(r, at, S("too many entries"));
	f->node->count++;
	if (f->last)
		f->last->next = v;
	else
		f->node->first = v;
	f->last = v;
	return OK;
}

static bool in_map(const struct reader *r)
{
	return r->depth && r->stack[r->depth - 1].node->type == YAML_MAP;
}

/* The node that an event begins: a fresh one, or the one whose key came before. */
static enum err value_begin(struct reader *r, const yaml_event_t *e, struct yaml **out)
{
	if (r->pending) {
		*out = r->pending;
		r->pending = NULL;
	} else if (in_map(r)) {
		return bad(r, &e->start_mark, S("a key must be a plain word"));
	} else {
		TRY(attach(r, &e->start_mark, out));
	}
	(*out)->line = (int)e->start_mark.line + 1;
	(*out)->col = (int)e->start_mark.column + 1;
	return OK;
}

static enum err read_key(struct reader *r, const yaml_event_t *e, str key)
{
	struct yaml *v;

	if (yaml_get(r->stack[r->depth - 1].node, key))
		return bad(r, &e->start_mark,
		    arena_printf(r->mem, "key '%.*s' given twice", FMT(str_sub(key, 0, 64))));
	TRY(attach(r, &e->start_mark, &v));
	v->key = key;
	v->key_line = (int)e->start_mark.line + 1;
	v->key_col = (int)e->start_mark.column + 1;
	r->pending = v;
	return OK;
}

static enum err read_scalar(struct reader *r, const yaml_event_t *e)
{
	str raw = { (const char *)e->data.scalar.value, e->data.scalar.length };
	struct yaml *v;

	if (e->data.scalar.anchor)
		return bad(r, &e->start_mark, S("anchors are not taken"));
	if (e->data.scalar.tag)
		return bad(r, &e->start_mark, S("tags are not taken"));
	str text = arena_copy(r->mem, raw);
	if (str_has(text, '\0'))
		return bad(r, &e->start_mark, S("NUL character"));
	if (in_map(r) && !r->pending)
		return read_key(r, e, text);
	TRY(value_begin(r, e, &v));
	v->type = YAML_SCALAR;
	v->text = text;
	v->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return OK;
}

static enum err open_container(
    struct reader *r, const yaml_event_t *e, enum yaml_type type, bool anchor, bool tag)
{
	struct yaml *v;

	if (anchor)
		return bad(r, &e->start_mark, S("anchors are not taken"));
	if (tag)
		return bad(r, &e->start_mark, S("tags are not taken"));
	if (r->depth == YAML_DEPTH_MAX)
		return bad(r, &e->start_mark, S("nested too deeply"));
	TRY(value_begin(r, e, &v));
	v->type = type;
	r->stack[r->depth++] = (struct frame){ .node = v };
	return OK;
}

static enum err read_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->documents)
			return bad(r, &e->start_mark, S("more than one document"));
		r->documents = true;
		return OK;
	case YAML_ALIAS_EVENT:
		return bad(r, &e->start_mark, S("aliases are not taken"));
	case YAML_SCALAR_EVENT:
		return read_scalar(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return open_container(
		    r, e, YAML_LIST, e->data.sequence_start.anchor, e->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return open_container(
		    r, e, YAML_MAP, e->data.mapping_start.anchor, e->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		return OK;
	case YAML_STREAM_END_EVENT:
		r->done = true;
		return OK;
	default:
		return OK; /* the start of the stream, the end of the document */
	}
}

static enum err read_stream(struct reader *r, str text)
{
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text.p, text.n);
	while (!r->done) {
		yaml_event_t event;
		if (!yaml_parser_parse(&r->parser, &event))
			return bad_text(r, text);
		enum err e = read_event(r, &event);
		yaml_event_delete(&event);
		TRY(e);
	}
	return OK;
}

enum err yaml_parse(struct arena *mem, str text, const struct yaml **out, struct yaml_fault *fault)
{
	struct reader r = { .mem = mem, .fault = { 1, 1, S_INIT("larger than 1 MiB") } };
	enum err e = ERR_YAML_SYNTAX;

	*out = NULL;
	if (text.n <= YAML_SIZE_MAX && yaml_parser_initialize(&r.parser)) {
		e = read_stream(&r, text.n ? text : S(""));
		yaml_parser_delete(&r.parser);
	}
	if (e != OK) {
		if (fault)
			*fault = r.fault;
		return e;
	}
	if (!r.root || (yaml_is_null(r.root) && r.root->text.n == 0)) {
		r.root = NEW(mem, struct yaml);
		*r.root = (struct yaml){ .type = YAML_MAP, .line = 1, .col = 1 };
	}
	*out = r.root;
	return OK;
}

const struct yaml *yaml_get(const struct yaml *m, str key)
{
	if (!m || m->type != YAML_MAP)
		return NULL;
	for (const struct yaml *v = m->first; v; v = v->next)
		if (str_eq(v->key, key))
			return v;
	return NULL;
}

static bool plain(const struct yaml *v)
{
	return v && v->type == YAML_SCALAR && !v->quoted;
}

bool yaml_is_null(const struct yaml *v)
{
	return plain(v) && (v->text.n == 0 || str_eq(v->text, S("~")) || str_eq(v->text, S("null")));
}

bool yaml_bool_of(const struct yaml *v, bool *out)
{
	if (!plain(v))
		return false;
	if (str_eq(v->text, S("true")) || str_eq(v->text, S("yes")) || str_eq(v->text, S("on")))
		*out = true;
	else if (str_eq(v->text, S("false")) || str_eq(v->text, S("no")) || str_eq(v->text, S("off")))
		*out = false;
	else
		return false;
	return true;
}

bool yaml_int_of(const struct yaml *v, int64_t *out)
{
	return plain(v) && str_int(v->text, out);
}
