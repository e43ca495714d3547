#include "ui_view.h"

#include <string.h>

#define SHAPES_MAX 64

static struct shape *written[SHAPES_MAX];
static size_t written_count;

struct field *shape_field(struct shape *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->fields[i].name, name))
			return &s->fields[i];
	return NULL;
}

static bool shape_same(const struct shape *a, const struct shape *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct field *x = &a->fields[i], *y = &b->fields[i];
		if (strcmp(x->name, y->name) != 0 || x->type != y->type)
			return false;
		if (x->type == TYPE_LIST &&
		    (strcmp(x->shape->name, y->shape->name) != 0 || !shape_same(x->shape, y->shape)))
			return false;
	}
	return true;
}

bool name_good(const char *s)
{
	if (*s < 'a' || *s > 'z')
		return false;
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '_'))
			return false;
	return true;
}

struct shape *shape_new(struct where at, const char *name)
{
	struct shape *s = grow(NULL, sizeof *s);

	*s = (struct shape){ 0 };
	if (!name_good(name) || strlen(name) >= NAME_SIZE)
		die(at, "'%s' is no name for a struct: a-z, 0-9 and _", name);
	snprintf(s->name, sizeof s->name, "%s", name);
	return s;
}

/* The next line of *text without its end, blanks in front skipped; false at the end. */
static bool line_next(char **text, char **line)
{
	char *end;

	if (!**text)
		return false;
	*line = *text + strspn(*text, " \t\r");
	end = *text + strcspn(*text, "\n");
	*text = *end ? end + 1 : end;
	*end = '\0';
	return true;
}

static char *word_next(char **line)
{
	*line += strspn(*line, " \t\r");
	char *word = *line;
	*line += strcspn(*line, " \t\r");
	if (**line)
		*(*line)++ = '\0';
	return word;
}

static void field_parse(struct where *at, char **text, struct shape *s, char *line)
{
	static const char *const types[] = { "str", "int", "flag", "list" };
	char *name = word_next(&line), *type = word_next(&line);

	if (!name_good(name) || strlen(name) >= NAME_SIZE)
		die(*at, "'%s' is no name for a field: a-z, 0-9 and _", name);
	if (shape_field(s, name))
		die(*at, "field '%s' is declared twice", name);
	if (s->count == FIELDS_MAX)
		die(*at, "more than %d fields", FIELDS_MAX);

	struct field *f = &s->fields[s->count++];
	snprintf(f->name, sizeof f->name, "%s", name);
	f->line = at->line;
	for (f->type = TYPE_STR; f->type <= TYPE_LIST && strcmp(types[f->type], type) != 0; f->type++)
		;
	if (f->type > TYPE_LIST)
		die(*at, "field '%s' has no type '%s': str, int, flag or list", name, type);
	if (f->type == TYPE_LIST) {
		f->shape = shape_new(*at, word_next(&line));
		if (strcmp(word_next(&line), "{") != 0)
			die(*at, "write: %s list STRUCT {", name);
		view_parse(at, text, f->shape, true);
		return;
	}
	line += strspn(line, " \t\r");
	snprintf(f->words, sizeof f->words, "%s", line);
}

void view_parse(struct where *at, char **text, struct shape *s, bool nested)
{
	char *line;

	while (line_next(text, &line)) {
		at->line++;
		if (*line == '}') {
			if (!nested)
				die(*at, "this brace closes nothing");
			if (s->count == 0)
				die(*at, "a list of nothing");
			return;
		}
		if (*line)
			field_parse(at, text, s, line);
	}
	if (nested)
		die(*at, "the brace of list '%s' is not closed", s->name);
}

void view_declare(struct where at, FILE *h, struct shape *s)
{
	static const char *const types[] = { "str ", "int64_t ", "bool " };

	for (size_t i = 0; i < written_count; i++) {
		if (strcmp(written[i]->name, s->name) != 0)
			continue;
		if (!shape_same(written[i], s))
			die(at, "struct view_%s is declared in another way by another page", s->name);
		return;
	}
	for (size_t i = 0; i < s->count; i++)
		if (s->fields[i].type == TYPE_LIST)
			view_declare((struct where){ at.path, s->fields[i].line }, h, s->fields[i].shape);
	if (written_count == SHAPES_MAX)
		die(at, "more than %d structs", SHAPES_MAX);
	written[written_count++] = s;

	fprintf(h, "struct view_%s {\n", s->name);
	for (size_t i = 0; i < s->count; i++) {
		const struct field *f = &s->fields[i];
		if (f->type == TYPE_LIST)
			fprintf(h, "\tconst struct view_%s *%s;\n\tsize_t %s_count;\n", f->shape->name,
			    f->name, f->name);
		else
			fprintf(h, "\t%s%s;%s%s%s\n", types[f->type], f->name, *f->words ? " /* " : "",
			    f->words, *f->words ? " */" : "");
	}
	if (s->count == 0)
		fprintf(h, "\tchar nothing;\n");
	fprintf(h, "};\n\n");
}

void view_check_used(const char *path, const struct shape *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct field *f = &s->fields[i];
		if (!f->used)
			die((struct where){ path, f->line }, "field '%s' is declared but never shown",
			    f->name);
		if (f->type == TYPE_LIST)
			view_check_used(path, f->shape);
	}
}
