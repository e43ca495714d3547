#include "admin/op_args.h"

#include "base/text.h"

#include <inttypes.h>

struct problems {
	struct ctx *c;
	struct buf json;
	struct jout j;
	str first;
	size_t count;
};

static void add(struct problems *p, str path, str problem)
{
	if (p->count++ >= OP_PROBLEMS_MAX)
		return;
	if (!p->first.n)
		p->first = arena_printf(p->c->mem, "%.*s %.*s", FMT(path), FMT(problem));
	jout_object(&p->j, S(""));
	jout_str(&p->j, S("path"), path);
	jout_str(&p->j, S("problem"), problem);
	jout_end(&p->j);
}

static const struct op_field *field_of(const struct op *op, str name)
{
	for (size_t i = 0; i < op->field_count; i++)
		if (str_eq(op->fields[i].name, name))
			return &op->fields[i];
	return NULL;
}

/* JSON Schema counts characters, not bytes. */
static int64_t characters(str s)
{
	int64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return n;
}

static void check_range(struct problems *p, const struct op_field *f, int64_t n, const char *unit)
{
	if (f->has_min && n < f->min)
		add(p, f->name, arena_printf(p->c->mem, "must be at least %" PRId64 "%s", f->min, unit));
	else if (f->has_max && n > f->max)
		add(p, f->name, arena_printf(p->c->mem, "must be at most %" PRId64 "%s", f->max, unit));
}

static void check_choice(struct problems *p, const struct op_field *f, str value)
{
	struct buf b = BUF(p->c->mem);

	for (size_t i = 0; i < f->choice_count; i++)
		if (str_eq(f->choices[i], value))
			return;
	if (!f->choice_count)
		return;
	buf_put(&b, S("must be one of "));
	for (size_t i = 0; i < f->choice_count; i++)
		buf_printf(&b, "%s%.*s", i ? ", " : "", FMT(f->choices[i]));
	add(p, f->name, buf_str(&b));
}

static void check_string(struct problems *p, const struct op_field *f, const struct json *v)
{
	str email;

	if (v->type != JSON_STRING) {
		add(p, f->name, S("must be a string"));
		return;
	}
	check_range(p, f, characters(v->text), " characters long");
	check_choice(p, f, v->text);
	if (f->format == OP_FORMAT_EMAIL && text_email(p->c->mem, v->text, &email) != OK)
		add(p, f->name, S("must be an e-mail address"));
}

static void check_strings(struct problems *p, const struct op_field *f, const struct json *v)
{
	if (v->type != JSON_ARRAY) {
		add(p, f->name, S("must be an array"));
		return;
	}
	check_range(p, f, v->count, " items long");
	if (f->has_max && v->count > f->max)
		return; /* said; the walk below is quadratic */
	for (JSON_EACH(item, v)) {
		if (item->type != JSON_STRING) {
			add(p, f->name, S("must hold strings only"));
			return;
		}
		if (f->item_max && characters(item->text) > f->item_max)
			add(p, f->name,
			    arena_printf(
				p->c->mem, "must hold items of at most %" PRId64 " characters", f->item_max));
		check_choice(p, f, item->text);
		for (JSON_EACH(other, v)) {
			if (other == item)
				break;
			if (f->unique && str_eq(other->text, item->text))
				add(p, f->name, S("must not hold an item twice"));
		}
	}
}

static void check_value(struct problems *p, const struct op_field *f, const struct json *v)
{
	int64_t n;

	switch (f->type) {
	case OP_STRING:
		check_string(p, f, v);
		break;
	case OP_STRINGS:
		check_strings(p, f, v);
		break;
	case OP_BOOLEAN:
		if (v->type != JSON_TRUE && v->type != JSON_FALSE)
			add(p, f->name, S("must be true or false"));
		break;
	case OP_INTEGER:
		if (json_int_of(v, &n))
			check_range(p, f, n, "");
		else
			add(p, f->name, S("must be an integer"));
		break;
	}
}

enum err op_args_check(struct ctx *c, const struct op *op, const struct json *args)
{
	struct problems p = { .c = c, .json = BUF(c->mem) };

	p.j = (struct jout)JOUT(&p.json);
	jout_array(&p.j, S(""));
	if (args && args->type != JSON_OBJECT)
		add(&p, S("arguments"), S("must be an object"));
	for (size_t i = 0; i < op->field_count; i++)
		if (op->fields[i].required && !json_get(args, op->fields[i].name))
			add(&p, op->fields[i].name, S("is missing"));
	if (args && args->type == JSON_OBJECT) {
		for (JSON_EACH(v, args)) {
			const struct op_field *f = field_of(op, v->key);
			if (f)
				check_value(&p, f, v);
			else
				add(&p, str_sub(v->key, 0, 100), S("is not an argument of this operation"));
		}
	}
	jout_end(&p.j);
	if (!p.count)
		return OK;

	enum err e = FAIL(c, OP_ARGUMENTS, "%.*s: %.*s", FMT(op->name), FMT(p.first));
	c->fail.say = arena_printf(c->mem, "The arguments do not fit: %.*s.", FMT(p.first));
	c->fail.data = buf_str(&p.json);
	return e;
}
