#include <string.h>

#include "sql_statement.h"

const char *const shape_names[SHAPES] = { "one", "many", "exec" };

struct statement *statements;
size_t statement_count;

static bool keyword_of_c(const char *name)
{
	static const char *const words[] = { "auto", "break", "case", "char", "const", "continue", "default",
		"do", "double", "else", "enum", "extern", "float", "for", "goto", "if", "inline", "int",
		"long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct",
		"switch", "typedef", "union", "unsigned", "void", "volatile", "while", "bool", "asm",
		"typeof" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(words[i], name) == 0)
			return true;
	return false;
}

/* "a int, b text" onto the end of f. */
static void add_fields(struct fields *f, const struct token *at, char *text)
{
	char *rest = text, *item;

	while ((item = strsep(&rest, ","))) {
		char name[64], type[16], more[2];
		struct field *out = &f->v[f->n];
		bool known = false;

		if (strspn(item, " ") == strlen(item) && !rest)
			continue; /* a list that goes on in the next note ends with a comma */
		/* NOLINTNEXTLINE(cert-err34-c): it warns of numbers that do not fit; here are only words */
		if (sscanf(item, " %63[a-z0-9_] %15[a-z] %1s", name, type, more) != 2 || f->n == FIELDS_MAX) {
			FAULT(at, "'%s' should be: name int|text|blob", item);
			continue;
		}
		for (int i = 0; i < (int)COUNT(type_names); i++)
			if (strcmp(type, type_names[i]) == 0) {
				out->type = (enum type)i;
				known = true;
			}
		if (!known)
			FAULT(at, "'%s' is no type: int, text or blob", type);
		if (keyword_of_c(name))
			FAULT(at, "'%s' is a word of C; call it otherwise", name);
		for (size_t i = 0; i < f->n; i++)
			if (strcmp(f->v[i].name, name) == 0)
				FAULT(at, "'%s' stands twice in the list", name);
		out->name = copy(name, strlen(name));
		f->n++;
	}
}

static struct statement *add_statement(struct token *at, char *words)
{
	char name[64] = "", shape[8] = "", more[2];

	statements = grow(statements, (statement_count + 1) * sizeof *statements);
	struct statement *s = &statements[statement_count++];
	*s = (struct statement){ .at = at };
	if (sscanf(words, "%63[a-z0-9_] :%7[a-z] %1s", name, shape, more) != 2)
		FAULT(at, "-- name: NAME :one|:many|:exec");
	s->name = copy(name, strlen(name));
	bool known = false;
	for (int i = 0; i < (int)COUNT(shape_names); i++)
		if (strcmp(shape, shape_names[i]) == 0) {
			s->shape = (enum shape)i;
			known = true;
		}
	if (!known)
		FAULT(at, "'%s' gives :one, :many or :exec, not '%s'", name, shape);
	for (size_t i = 0; i + 1 < statement_count; i++)
		if (strcmp(statements[i].name, name) == 0)
			FAULT(at, "%s is also the name of the statement at %s:%d", name,
			    statements[i].at->where.path, statements[i].at->where.line);
	return s;
}

static void read_note(struct statement *s, const struct token *t)
{
	static const char *const keys[] = { "in", "out", "any-tenant", "ordered" };

	for (size_t k = 0; k < COUNT(keys); k++) {
		char *text = token_note(t, keys[k]);
		if (!text)
			continue;
		if (!s || s->first)
			FAULT(t, "-- %s: belongs behind -- name: and before the statement", keys[k]);
		else if (k < 2)
			add_fields(k == 0 ? &s->in : &s->out, t, text);
		else if (!*text)
			FAULT(t, "-- %s: needs its reason", keys[k]);
		else if (k == 2)
			s->any_tenant = true;
		else
			s->ordered = true;
	}
}

/* Without the notes that are only for the reader of the SQL. */
static struct tokens without_prose(struct tokens all)
{
	static const char *const keys[] = { "name", "in", "out", "any-tenant", "ordered" };
	struct tokens ts = { 0 };
	bool gap = false;

	for (size_t i = 0; i < all.n; i++) {
		bool kept = all.v[i].kind != NOTE;
		for (size_t k = 0; k < COUNT(keys) && !kept; k++)
			kept = token_note(&all.v[i], keys[k]) != NULL;
		gap |= all.v[i].gap || !kept;
		if (!kept)
			continue;
		tokens_push(&ts, all.v[i]);
		ts.v[ts.n - 1].gap = gap;
		gap = false;
	}
	return ts;
}

void query_read(const char *path, const char *noun)
{
	(void)noun; /* statements name themselves */
	struct tokens ts = without_prose(tokens_read(path));
	size_t from = statement_count; /* growing moves them, so a number and no pointer */
	bool inside = false;

	for (size_t i = 0; i < ts.n; i++) {
		struct token *t = &ts.v[i];
		struct statement *s = statement_count > from ? &statements[statement_count - 1] : NULL;
		char *name = t->kind == NOTE ? token_note(t, "name") : NULL;

		if (name) {
			if (s && !s->first)
				FAULT(s->at, "%s has no text", s->name);
			if (inside)
				FAULT(t, "the statement before this one does not end with ';'");
			inside = false;
			add_statement(t, name);
		} else if (t->kind == NOTE) {
			read_note(s, t);
		} else if (t->kind == END) {
			if (inside || (s && !s->first))
				FAULT(s->at, "%s does not end with ';'", s->name);
		} else if (token_is(t, ";")) {
			inside = false;
		} else if (!inside) {
			if (!s || s->first) {
				FAULT(t, "a statement without -- name:");
				while (ts.v[i].kind != END && !token_is(&ts.v[i], ";"))
					i++;
				i -= ts.v[i].kind == END;
				continue;
			}
			s->first = t;
			s->n = 1;
			inside = true;
		} else {
			s->n = (size_t)(t - s->first) + 1;
		}
	}
}

/* ---- what is checked of a statement ---- */

size_t field_index(const struct fields *f, const struct token *param)
{
	for (size_t i = 0; i < f->n; i++)
		if (strlen(f->v[i].name) == param->n - 1 &&
		    memcmp(f->v[i].name, param->p + 1, param->n - 1) == 0)
			return i;
	return FIELDS_MAX;
}
