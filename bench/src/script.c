#include "script.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

void *grow(void *p, size_t n)
{
	void *q = realloc(p, n);

	if (!q)
		die("out of memory");
	return q;
}

static char *copy(const char *p, size_t n)
{
	char *q = grow(NULL, n + 1);

	memcpy(q, p, n);
	q[n] = 0;
	return q;
}

static int variable(struct script *s, const char *name, size_t n)
{
	for (int i = 0; i < s->var_count; i++)
		if (strlen(s->vars[i]) == n && memcmp(s->vars[i], name, n) == 0)
			return i;
	if (s->var_count == VARS)
		die("too many variables");
	s->vars[s->var_count] = copy(name, n);
	return s->var_count++;
}

static void add_piece(struct text *t, struct piece p)
{
	t->pieces = grow(t->pieces, sizeof *t->pieces * (size_t)(t->count + 1));
	t->pieces[t->count++] = p;
}

static struct text text_of(struct script *s, const char *p)
{
	struct text t = { NULL, 0 };

	for (const char *open; *p; p = open) {
		open = strstr(p, "{{");
		size_t n = open ? (size_t)(open - p) : strlen(p);
		if (n)
			add_piece(&t, (struct piece){ copy(p, n), n, -1, false });
		if (!open)
			break;
		const char *name = open + 2, *end = strstr(name, "}}");
		if (!end)
			die("{{ without its end");
		bool encode = end - name > 2 && memcmp(end - 2, "|u", 2) == 0;
		add_piece(&t,
		    (struct piece){
			NULL, 0, variable(s, name, (size_t)(end - name) - (encode ? 2 : 0)), encode });
		open = end + 2;
	}
	return t;
}

static char *word(char **at)
{
	char *begin = *at + strspn(*at, " "), *end = begin + strcspn(begin, " ");

	*at = end + strspn(end, " ");
	*end = 0;
	return begin;
}

static void read_take(struct script *s, struct step *step, char *at)
{
	char *name = word(&at), *from = word(&at), *key = word(&at);

	if (step->take_count == TAKES)
		die("too many takes");
	step->takes[step->take_count++] = (struct take){ variable(s, name, strlen(name)),
		strcmp(from, "location") == 0, copy(key, strlen(key)) };
}

static struct step *read_step(struct script *s, char *at)
{
	if (s->count == STEPS)
		die("too many steps");
	struct step *step = &s->steps[s->count++];
	char *method = word(&at);
	step->method = copy(method, strlen(method));
	step->path = text_of(s, at);
	return step;
}

static void read_line(struct script *s, char *at)
{
	char *name = word(&at);
	struct step *step = s->count ? &s->steps[s->count - 1] : NULL;

	if (strcmp(name, "step") == 0) {
		(void)read_step(s, at);
	} else if (!step) {
		die("a script begins with a step");
	} else if (strcmp(name, "header") == 0) {
		if (step->header_count == HEADERS)
			die("too many headers");
		step->headers[step->header_count++] = text_of(s, at);
	} else if (strcmp(name, "body") == 0) {
		step->body = text_of(s, at);
		step->has_body = true;
	} else if (strcmp(name, "expect") == 0) {
		while (*at && step->expect_count < EXPECTS)
			step->expects[step->expect_count++] = atoi(word(&at));
	} else if (strcmp(name, "must") == 0) {
		step->must = copy(at, strlen(at));
	} else if (strcmp(name, "take") == 0) {
		read_take(s, step, at);
	} else {
		die("unknown word %s", name);
	}
}

static bool sends_what_it_takes(const struct step *step)
{
	for (int i = 0; i < step->body.count; i++)
		for (int k = 0; k < step->take_count; k++)
			if (step->body.pieces[i].var == step->takes[k].var)
				return true;
	return false;
}

void script_load(struct script *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		die("%s: %s", path, strerror(errno));
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = 0;
		if (*line)
			read_line(s, line);
	}
	free(line);
	fclose(f);
	if (!s->count)
		die("%s: no steps", path);
	s->stock_var = -1;
	s->chain = sends_what_it_takes(&s->steps[0]);
}

void rows_load(struct script *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		die("%s: %s", path, strerror(errno));
	for (bool names = true; getline(&line, &size, f) > 0; names = false) {
		char **row = names ? NULL : grow(NULL, sizeof *row * VARS), *at = line;
		line[strcspn(line, "\n")] = 0;
		for (int i = 0; at && i < VARS; i++) {
			char *value = strsep(&at, "\t");
			if (names)
				s->columns[s->column_count++] = variable(s, value, strlen(value));
			else
				row[i] = copy(value, strlen(value));
		}
		if (names)
			continue;
		s->rows = grow(s->rows, sizeof *s->rows * (s->row_count + 1));
		s->rows[s->row_count++] = row;
	}
	free(line);
	fclose(f);
	if (!s->row_count)
		die("%s: no rows", path);
}

void stock_load(struct script *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0, room = 0;

	if (!f)
		die("%s: %s", path, strerror(errno));
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = 0;
		if (s->stock_var < 0) {
			s->stock_var = variable(s, line, strlen(line));
			continue;
		}
		if (s->stock_count == room)
			s->stock = grow(s->stock, sizeof *s->stock * (room = 2 * room + 1024));
		s->stock[s->stock_count++] = copy(line, strlen(line));
	}
	free(line);
	fclose(f);
}
