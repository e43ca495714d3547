#include "sql_token.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool token_is(const struct token *t, const char *word)
{
	return t->kind != NOTE && t->kind != STRING && strlen(word) == t->n &&
	    strncasecmp(t->p, word, t->n) == 0;
}

bool token_same(const struct token *t, const char *name)
{
	return t->kind == WORD && strlen(name) == t->n && memcmp(t->p, name, t->n) == 0;
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}
void tokens_push(struct tokens *ts, struct token t)
{
	if (ts->n == ts->cap) {
		ts->cap = ts->cap ? ts->cap * 2 : 256;
		ts->v = grow(ts->v, ts->cap * sizeof *ts->v);
	}
	ts->v[ts->n++] = t;
}

/* The end of a quoted text that begins at p; a doubled quote stands for itself. */
static const char *quoted(const char *p, const struct token *t)
{
	char q = *p++;

	for (;; p++) {
		if (*p == 0) {
			FAULT(t, "this quote is never closed");
			return p;
		}
		if (*p == q && p[1] != q)
			return p + 1;
		if (*p == q)
			p++;
	}
}

static const char *scan(const char *p, struct token *t)
{
	t->p = p;
	if (p[0] == '-' && p[1] == '-') {
		t->kind = NOTE;
		p += strcspn(p, "\n");
	} else if (*p == '\'' || *p == '"') {
		t->kind = STRING;
		p = quoted(p, t);
	} else if (*p == ':' && name_char(p[1])) {
		t->kind = PARAM;
		for (p++; name_char(*p); p++)
			;
	} else if (isdigit((unsigned char)*p)) {
		t->kind = NUMBER;
		while (name_char(*p) || *p == '.')
			p++;
	} else if (name_char(*p)) {
		t->kind = WORD;
		while (name_char(*p))
			p++;
	} else {
		static const char *const two[] = { "<=", ">=", "<>", "!=", "||" };
		t->kind = PUNCT;
		p++;
		for (size_t i = 0; i < COUNT(two); i++)
			if (strncmp(t->p, two[i], 2) == 0)
				p = t->p + 2;
		if (!strchr("(),;=<>+-*/%.|!", *t->p))
			FAULT(t, "'%c' is not SQL that both engines read alike", *t->p);
	}
	t->n = (size_t)(p - t->p);
	return p;
}

struct tokens tokens_read(const char *path)
{
	struct tokens ts = { 0 };
	struct token t = { .where = { path, 1 } };
	const char *p = input_read(path, NULL);

	for (;;) {
		t.gap = false;
		for (; isspace((unsigned char)*p); p++) {
			t.gap = true;
			if (*p == '\n')
				t.where.line++;
		}
		if (*p == 0)
			break;
		p = scan(p, &t);
		tokens_push(&ts, t);
		for (size_t i = 0; i < t.n; i++) /* a string may run over lines */
			if (t.p[i] == '\n')
				t.where.line++;
	}
	t.kind = END;
	t.p = "";
	t.n = 0;
	tokens_push(&ts, t);
	return ts;
}

/* The text behind "-- key:" when the note says that, else NULL. */
char *token_note(const struct token *t, const char *key)
{
	const char *p = t->p + 2, *end = t->p + t->n;
	size_t n = strlen(key);

	while (p < end && *p == ' ')
		p++;
	if (t->kind != NOTE || (size_t)(end - p) <= n || memcmp(p, key, n) != 0 || p[n] != ':')
		return NULL;
	p += n + 1;
	while (p < end && *p == ' ')
		p++;
	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	return copy(p, (size_t)(end - p));
}

/* The token behind the one that closes what t opens. */
struct token *token_past(struct token *t, const struct token *end)
{
	int depth = 0;

	for (; t < end; t++) {
		depth += token_is(t, "(") - token_is(t, ")");
		if (depth <= 0)
			return t + 1;
	}
	return t;
}

/* The next comma at this depth, or end. */
struct token *token_comma(struct token *t, struct token *end)
{
	while (t < end && !token_is(t, ","))
		t = token_past(t, end);
	return t;
}

/* Text of n tokens; change (may be NULL) gives another text for a token. */
char *tokens_text(
    const struct token *t, size_t n, const char *(*change)(const struct token *, void *), void *arg)
{
	char *out = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&out, &size);
	bool gap = false, begun = false;

	if (!f)
		abort();
	for (size_t i = 0; i < n; i++) {
		gap |= t[i].gap;
		if (t[i].kind == NOTE)
			continue;
		const char *other = change ? change(&t[i], arg) : NULL;
		if (gap && begun)
			fputc(' ', f);
		if (other)
			fputs(other, f);
		else
			fwrite(t[i].p, 1, t[i].n, f);
		gap = false;
		begun = true;
	}
	fclose(f);
	return out;
}
