#include "value.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	const char *at;
	struct where where; /* of counted */
	const char *counted;
};

static struct where here(struct reader *r)
{
	for (; r->counted < r->at; r->counted++)
		r->where.line += *r->counted == '\n';
	return r->where;
}

static void blanks(struct reader *r)
{
	while (*r->at && strchr(" \t\r\n", *r->at))
		r->at++;
}

static char *read_string(struct reader *r)
{
	char *out = grow(NULL, strlen(r->at) + 1), *to = out;

	for (r->at++; *r->at != '"'; r->at++) {
		if ((unsigned char)*r->at < 0x20)
			die(here(r), "a control character or the end in a string");
		if (*r->at != '\\') {
			*to++ = *r->at;
			continue;
		}
		r->at++;
		if (*r->at == 'n')
			*to++ = '\n';
		else if (*r->at == '"' || *r->at == '\\' || *r->at == '/')
			*to++ = *r->at;
		else
			die(here(r), "this escape is not used here: \\%c", *r->at);
	}
	r->at++;
	to = copy(out, (size_t)(to - out));
	free(out);
	return to;
}

static struct value *read_value(struct reader *r);

static void read_children(struct reader *r, struct value *v, char close)
{
	struct value **tail = &v->first;

	r->at++;
	for (blanks(r); *r->at != close; blanks(r)) {
		char *key = NULL;
		if (v->first) {
			if (*r->at++ != ',')
				die(here(r), "a comma is missing");
			blanks(r);
		}
		if (close == '}') {
			if (*r->at != '"')
				die(here(r), "a member's name is missing");
			key = read_string(r);
			blanks(r);
			if (*r->at++ != ':')
				die(here(r), "a colon is missing");
			for (struct value *o = v->first; o; o = o->next)
				if (strcmp(o->key, key) == 0)
					die(here(r), "\"%s\" stands twice", key);
		}
		*tail = read_value(r);
		(*tail)->key = key;
		tail = &(*tail)->next;
	}
	r->at++;
}

static struct value *read_value(struct reader *r)
{
	static const struct {
		const char *word;
		enum type type;
	} words[] = { { "null", T_NULL }, { "false", T_FALSE }, { "true", T_TRUE } };
	struct value *v = grow(NULL, sizeof *v);

	blanks(r);
	*v = (struct value){ .at = here(r) };
	if (*r->at == '{') {
		v->type = T_OBJECT;
		read_children(r, v, '}');
	} else if (*r->at == '[') {
		v->type = T_ARRAY;
		read_children(r, v, ']');
	} else if (*r->at == '"') {
		v->type = T_STRING;
		v->text = read_string(r);
	} else if (strspn(r->at, "-0123456789")) {
		size_t n = strspn(r->at, "-0123456789");
		v->type = T_NUMBER;
		v->text = copy(r->at, n);
		r->at += n;
	} else {
		for (size_t i = 0; i < COUNT(words); i++) {
			size_t n = strlen(words[i].word);
			if (strncmp(r->at, words[i].word, n) == 0) {
				v->type = words[i].type;
				r->at += n;
				return v;
			}
		}
		die(here(r), "this is no JSON");
	}
	return v;
}

const struct value *value_read(const char *path)
{
	const char *text = input_read(path, NULL);
	struct reader r = { text, { path, 1 }, text };
	const struct value *v = read_value(&r);

	blanks(&r);
	if (*r.at)
		die(here(&r), "something stands behind the value");
	return v;
}

const struct value *value_get(const struct value *o, const char *name)
{
	for (const struct value *v = o ? o->first : NULL; v; v = v->next)
		if (v->key && strcmp(v->key, name) == 0)
			return v;
	return NULL;
}

const struct value *value_first(const struct value *v)
{
	return v ? v->first : NULL;
}

const char *value_text(const struct value *o, const char *name)
{
	const struct value *v = value_get(o, name);

	return v && v->text ? v->text : "";
}

bool value_true(const struct value *o, const char *name)
{
	const struct value *v = value_get(o, name);

	return v && v->type == T_TRUE;
}

/* A JSON string inside a C string. */
void value_put_string(FILE *f, const char *s)
{
	fputs("\\\"", f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputs("\\\\", f);
		if (*s == '\n')
			fputs("\\\\n", f);
		else
			put_byte(f, (unsigned char)*s);
	}
	fputs("\\\"", f);
}

void value_put(FILE *f, const struct value *v)
{
	static const char *const words[] = { "null", "false", "true" };

	switch (v->type) {
	case T_NULL:
	case T_FALSE:
	case T_TRUE:
		fputs(words[v->type], f);
		break;
	case T_NUMBER:
		fputs(v->text, f);
		break;
	case T_STRING:
		value_put_string(f, v->text);
		break;
	case T_ARRAY:
	case T_OBJECT:
		fputc(v->type == T_ARRAY ? '[' : '{', f);
		for (const struct value *i = v->first; i; i = i->next) {
			if (i != v->first)
				fputc(',', f);
			if (i->key) {
				value_put_string(f, i->key);
				fputc(':', f);
			}
			value_put(f, i);
		}
		fputc(v->type == T_ARRAY ? ']' : '}', f);
		break;
	}
}
