/*
 * bake_sql OUT_DIR SQL_DIR: turns sql/schema/NNNN_name.sql and sql/query/NOUN.sql into sql_gen.h and
 * sql_gen.c, so that no program text holds SQL and no SQL is put together at run time. What a reader of the
 * SQL could overlook is an error of the build, with file and line: a parameter that is not declared or not
 * used, a statement that forgets the tenant, an out list that does not fit the columns, an INSERT that leaves
 * out a column without default.
 *
 * A statement:                              -- name: NAME :one | :many | :exec
 *                                           -- in: a int, b text, c blob
 *                                           -- out: x int, y text           (not for :exec)
 *                                           -- any-tenant: the reason       (it looks at every tenant's rows)
 *                                           -- ordered: the reason          (keys in the order of commits,
 *                                                                            listeners are woken)
 *                                           SELECT ... :a ... ;
 * Before a statement of the schema:         -- only: sqlite | pgsql
 */
#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 64
#define COUNT(a) (sizeof(a) / sizeof *(a))

enum dialect { SQLITE, PGSQL, DIALECTS };
enum type { INT, TEXT, BLOB };
enum shape { ONE, MANY, EXEC };
enum kind { WORD, PARAM, NUMBER, STRING, PUNCT, NOTE, END };

static const char *const type_names[] = { "int", "text", "blob" };
static const char *const shape_names[] = { "one", "many", "exec" };
static const char *const dialect_names[] = { "sqlite", "pgsql" };

struct token {
	enum kind kind;
	const char *p;
	size_t n;
	const char *file;
	int line;
	bool gap; /* blanks, line ends or comments stood before it */
};

struct tokens {
	struct token *v;
	size_t n, cap;
};

struct field {
	char *name;
	enum type type;
};

struct fields {
	struct field v[FIELDS_MAX];
	size_t n;
};

struct column {
	char *name;
	enum type type;
	bool unique;   /* part of a UNIQUE or a PRIMARY KEY that we do not give ids for */
	bool required; /* an INSERT must name it */
};

struct table {
	char *name;
	struct column v[FIELDS_MAX];
	size_t n;
};

struct statement {
	char *name;
	enum shape shape;
	struct fields in, out;
	bool any_tenant, ordered, writes, guarded;
	struct token *at;    /* the note with its name */
	struct token *first; /* of the text */
	size_t n;
	struct table *tables[8]; /* that it names */
	size_t table_count;
};

struct migration {
	int version;
	char **text[DIALECTS];
	size_t n[DIALECTS];
};

static struct table tables[256];
static size_t table_count;
static struct statement *statements;
static size_t statement_count;
static struct migration migrations[1000];
static size_t migration_count;
static int faults;

/* ---- small things ---- */

static void __attribute__((format(printf, 3, 4))) fault(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	faults++;
}

#define FAULT(t, ...) fault((t)->file, (t)->line, __VA_ARGS__)

static void *grow(void *p, size_t n)
{
	p = realloc(p, n);
	if (!p)
		abort();
	return p;
}

static char *copy(const char *p, size_t n)
{
	char *z = grow(NULL, n + 1);

	memcpy(z, p, n);
	z[n] = 0;
	return z;
}

static bool is(const struct token *t, const char *word)
{
	return t->kind != NOTE && t->kind != STRING && strlen(word) == t->n &&
	    strncasecmp(t->p, word, t->n) == 0;
}

static bool same(const struct token *t, const char *name)
{
	return t->kind == WORD && strlen(name) == t->n && memcmp(t->p, name, t->n) == 0;
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* ---- files into tokens ---- */

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	size_t n = 0, got;

	if (!f) {
		perror(path);
		exit(1);
	}
	do {
		text = grow(text, n + 65537);
		got = fread(text + n, 1, 65536, f);
		n += got;
	} while (got == 65536);
	text[n] = 0;
	fclose(f);
	return text;
}

static void push(struct tokens *ts, struct token t)
{
	if (ts->n == ts->cap) {
		ts->cap = ts->cap ? ts->cap * 2 : 256;
		ts->v = grow(ts->v, ts->cap * sizeof *ts->v);
	}
	ts->v[ts->n++] = t;
}

/* The end of a quoted text that begins at p; a doubled quote stands for itself. */
static const char *quoted(const char *p, const char *file, int line)
{
	char q = *p++;

	for (;; p++) {
		if (*p == 0) {
			fault(file, line, "this quote is never closed");
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
		p = quoted(p, t->file, t->line);
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

static struct tokens tokenize(const char *path)
{
	struct tokens ts = { 0 };
	struct token t = { .file = path, .line = 1 };
	const char *p = read_file(path);

	for (;;) {
		t.gap = false;
		for (; isspace((unsigned char)*p); p++) {
			t.gap = true;
			if (*p == '\n')
				t.line++;
		}
		if (*p == 0)
			break;
		p = scan(p, &t);
		push(&ts, t);
		for (size_t i = 0; i < t.n; i++) /* a string may run over lines */
			if (t.p[i] == '\n')
				t.line++;
	}
	t.kind = END;
	t.p = "";
	t.n = 0;
	push(&ts, t);
	return ts;
}

/* The text behind "-- key:" when the note says that, else NULL. */
static char *note(const struct token *t, const char *key)
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

/* ---- the schema ---- */

static const struct type_word {
	const char *word;
	enum type type;
	const char *text[DIALECTS];
} type_words[] = {
	{ "KEY", INT, { "INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY" } },
	/* AUTOINCREMENT: a number is never given twice, also when the newest row was deleted. */
	{ "AUTOKEY", INT,
	    { "INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY" } },
	{ "INT", INT, { "INTEGER", "BIGINT" } },
	{ "BLOB", BLOB, { "BLOB", "BYTEA" } },
	/* Bytes decide about order on both engines, not the locale that a database was made with. */
	{ "TEXT", TEXT, { "TEXT", "TEXT COLLATE \"C\"" } },
};

static const struct type_word *type_word(const struct token *t)
{
	for (size_t i = 0; i < COUNT(type_words); i++)
		if (same(t, type_words[i].word))
			return &type_words[i];
	return NULL;
}

static struct table *table_find(const struct token *t)
{
	for (size_t i = 0; i < table_count; i++)
		if (tables[i].name && same(t, tables[i].name))
			return &tables[i];
	return NULL;
}

static struct column *column_find(struct table *table, const struct token *t)
{
	for (size_t i = 0; i < table->n; i++)
		if (same(t, table->v[i].name))
			return &table->v[i];
	return NULL;
}

/* The token behind the one that closes what t opens. */
static struct token *past(struct token *t, const struct token *end)
{
	int depth = 0;

	for (; t < end; t++) {
		depth += is(t, "(") - is(t, ")");
		if (depth <= 0)
			return t + 1;
	}
	return t;
}

/* The next comma at this depth, or end. */
static struct token *comma(struct token *t, struct token *end)
{
	while (t < end && !is(t, ","))
		t = past(t, end);
	return t;
}

static void mark_unique(struct table *table, struct token *t, const struct token *end)
{
	for (; t < end && !is(t, ")"); t++) {
		struct column *c = column_find(table, t);
		if (c)
			c->unique = true;
	}
}

/* One column's definition, type word second. */
static void add_column(struct table *table, struct token *t, const struct token *end)
{
	struct column c = { .name = copy(t->p, t->n) };
	const struct type_word *w = t + 1 < end ? type_word(t + 1) : NULL;

	if (t->kind != WORD || !w) {
		FAULT(t, "a column is a name and one of KEY, AUTOKEY, INT, TEXT, BLOB");
		return;
	}
	if (column_find(table, t) || table->n == FIELDS_MAX) {
		FAULT(t, "%s has this column already, or too many", table->name);
		return;
	}
	c.type = w->type;
	c.required = same(t + 1, "KEY");
	for (t += 2; t < end; t++) {
		c.required |= is(t, "NULL") || is(t, "PRIMARY");
		c.unique |= is(t, "UNIQUE") || is(t, "PRIMARY");
		if (is(t, "DEFAULT")) {
			c.required = false;
			break;
		}
	}
	table->v[table->n++] = c;
}

static bool constraint(const struct token *t)
{
	return is(t, "PRIMARY") || is(t, "UNIQUE") || is(t, "CHECK") || is(t, "FOREIGN") ||
	    is(t, "CONSTRAINT");
}

/* Text of n tokens; change (may be NULL) gives another text for a token. */
static char *text_of(
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

struct rewrite {
	enum dialect dialect;
	const struct token *types[FIELDS_MAX]; /* tokens in the position of a column's type */
	size_t n;
};

static const char *change_type(const struct token *t, void *arg)
{
	const struct rewrite *r = arg;

	for (size_t i = 0; i < r->n; i++)
		if (r->types[i] == t)
			return type_word(t)->text[r->dialect];
	return NULL;
}

static void add_text(struct migration *m, enum dialect d, char *text)
{
	m->text[d] = grow(m->text[d], (m->n[d] + 1) * sizeof *m->text[d]);
	m->text[d][m->n[d]++] = text;
}

static void add_rewritten(
    struct migration *m, struct token *t, size_t n, struct rewrite *r, const char *suffix)
{
	for (r->dialect = SQLITE; r->dialect < DIALECTS; r->dialect++) {
		char *text = text_of(t, n, change_type, r);
		size_t len = strlen(text);
		if (r->dialect == SQLITE && *suffix) {
			text = grow(text, len + strlen(suffix) + 1);
			memcpy(text + len, suffix, strlen(suffix) + 1);
		}
		add_text(m, r->dialect, text);
	}
}

/* CREATE TABLE name ( ... ) */
static void create_table(struct migration *m, struct token *t, struct token *end)
{
	struct rewrite r = { 0 };
	bool numbered = false, keyed = false;

	if (t + 4 >= end || t[2].kind != WORD || !is(t + 3, "(") || !is(end - 1, ")")) {
		FAULT(t, "CREATE TABLE name ( columns ), without more words");
		return;
	}
	if (table_find(t + 2) || table_count == COUNT(tables)) {
		FAULT(t, "table %.*s exists already", (int)t[2].n, t[2].p);
		return;
	}
	struct table *table = &tables[table_count++];
	table->name = copy(t[2].p, t[2].n);
	for (struct token *c = t + 4, *next; c < end - 1; c = next + 1) {
		next = comma(c, end - 1);
		if (constraint(c)) {
			keyed |= is(c, "PRIMARY");
			if (is(c, "PRIMARY") || is(c, "UNIQUE"))
				mark_unique(table, c, next);
			continue;
		}
		add_column(table, c, next);
		if (c + 1 < next && type_word(c + 1) && r.n < FIELDS_MAX)
			r.types[r.n++] = c + 1;
		numbered |= same(c + 1, "KEY") || same(c + 1, "AUTOKEY");
		for (struct token *k = c + 2; k < next; k++)
			keyed |= is(k, "PRIMARY");
	}
	/*
	 * STRICT: a value of another type is an error, as in PostgreSQL. Without a number there is one tree,
	 * not two.
	 */
	add_rewritten(m, t, (size_t)(end - t), &r, !numbered && keyed ? " WITHOUT ROWID, STRICT" : " STRICT");
}

/* ALTER TABLE name ADD COLUMN c TYPE ... | DROP COLUMN c | RENAME COLUMN a TO b | RENAME TO name */
static void alter_table(struct migration *m, struct token *t, struct token *end)
{
	struct rewrite r = { 0 };
	struct table *table = t + 5 < end + 1 ? table_find(t + 2) : NULL;
	struct column *c = table && t + 5 < end + 1 && is(t + 4, "COLUMN") ? column_find(table, t + 5) : NULL;

	if (!table) {
		FAULT(t, "ALTER TABLE of a table that no earlier statement makes");
		return;
	}
	if (is(t + 3, "ADD") && is(t + 4, "COLUMN")) {
		add_column(table, t + 5, end);
		if (type_word(t + 6))
			r.types[r.n++] = t + 6;
	} else if (is(t + 3, "DROP") && c) {
		*c = table->v[--table->n];
	} else if (is(t + 3, "RENAME") && c && t + 7 < end) {
		c->name = copy(t[7].p, t[7].n);
	} else if (is(t + 3, "RENAME") && is(t + 4, "TO")) {
		table->name = copy(t[5].p, t[5].n);
	} else {
		FAULT(t, "ALTER TABLE can ADD, DROP and RENAME a COLUMN that exists, and RENAME TO");
		return;
	}
	add_rewritten(m, t, (size_t)(end - t), &r, "");
}

/* CREATE [UNIQUE] INDEX name ON table ( columns ) */
static void create_index(struct migration *m, struct token *t, struct token *end)
{
	struct rewrite r = { 0 };
	struct token *on = t;

	while (on < end && !is(on, "ON"))
		on++;
	struct table *table = on + 1 < end ? table_find(on + 1) : NULL;
	if (!table)
		FAULT(t, "an index ON a table that no earlier statement makes");
	else if (is(t + 1, "UNIQUE"))
		mark_unique(table, on + 2, end);
	add_rewritten(m, t, (size_t)(end - t), &r, "");
}

static void schema_statement(struct migration *m, struct token *t, struct token *end, const char *only)
{
	struct rewrite r = { 0 };

	if (only) {
		for (int d = 0; d < DIALECTS; d++)
			if (strcmp(only, dialect_names[d]) == 0) {
				add_text(m, (enum dialect)d, text_of(t, (size_t)(end - t), NULL, NULL));
				return;
			}
		FAULT(t, "-- only: sqlite or pgsql");
	} else if (is(t, "CREATE") && is(t + 1, "TABLE")) {
		create_table(m, t, end);
	} else if (is(t, "CREATE") && (is(t + 1, "INDEX") || (is(t + 1, "UNIQUE") && is(t + 2, "INDEX")))) {
		create_index(m, t, end);
	} else if (is(t, "ALTER") && is(t + 1, "TABLE")) {
		alter_table(m, t, end);
	} else if (is(t, "DROP") && is(t + 1, "TABLE") && table_find(t + 2)) {
		table_find(t + 2)->name = NULL;
		add_rewritten(m, t, (size_t)(end - t), &r, "");
	} else if (is(t, "INSERT") || is(t, "UPDATE") || is(t, "DELETE") ||
	    (is(t, "DROP") && is(t + 1, "INDEX"))) {
		add_rewritten(m, t, (size_t)(end - t), &r, "");
	} else {
		FAULT(t, "a migration makes, changes and drops tables and indexes, and changes rows");
	}
}

static void read_schema(const char *path, const char *name)
{
	struct tokens all = tokenize(path), ts = { 0 };
	struct migration *m = &migrations[migration_count];
	char *only = NULL;

	if (strspn(name, "0123456789") != 4 || name[4] != '_' || migration_count == COUNT(migrations)) {
		fault(path, 1, "a migration is named NNNN_words.sql");
		return;
	}
	m->version = (int)strtol(name, NULL, 10);
	migration_count++;
	if (m->version != (int)migration_count)
		fault(path, 1, "versions count 0001, 0002, 0003 without a gap or a repetition");
	for (size_t i = 0; i < all.n; i++) {
		struct token *t = &all.v[i];
		if (t->kind == NOTE) {
			char *o = note(t, "only");
			if (o)
				only = o;
			continue;
		}
		if (t->kind != END && !is(t, ";")) {
			push(&ts, *t);
			continue;
		}
		if (t->kind == END && ts.n)
			FAULT(&ts.v[0], "a statement ends with ';'");
		if (ts.n) {
			struct token stop = *t;
			push(&ts, stop); /* so that looking one ahead is safe */
			push(&ts, stop);
			push(&ts, stop);
			schema_statement(m, ts.v, ts.v + ts.n - 3, only);
		}
		ts = (struct tokens){ 0 }; /* what was there lives as long as the program */
		only = NULL;
	}
}

/* ---- the statements ---- */

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
		/* NOLINTNEXTLINE(cert-err34-c): words, no numbers */
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
			    statements[i].at->file, statements[i].at->line);
	return s;
}

static void read_note(struct statement *s, const struct token *t)
{
	static const char *const keys[] = { "in", "out", "any-tenant", "ordered" };

	for (size_t k = 0; k < COUNT(keys); k++) {
		char *text = note(t, keys[k]);
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
			kept = note(&all.v[i], keys[k]) != NULL;
		gap |= all.v[i].gap || !kept;
		if (!kept)
			continue;
		push(&ts, all.v[i]);
		ts.v[ts.n - 1].gap = gap;
		gap = false;
	}
	return ts;
}

static void read_query(const char *path)
{
	struct tokens ts = without_prose(tokenize(path));
	size_t from = statement_count; /* growing moves them, so a number and no pointer */
	bool inside = false;

	for (size_t i = 0; i < ts.n; i++) {
		struct token *t = &ts.v[i];
		struct statement *s = statement_count > from ? &statements[statement_count - 1] : NULL;
		char *name = t->kind == NOTE ? note(t, "name") : NULL;

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
		} else if (is(t, ";")) {
			inside = false;
		} else if (!inside) {
			if (!s || s->first) {
				FAULT(t, "a statement without -- name:");
				while (ts.v[i].kind != END && !is(&ts.v[i], ";"))
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

static size_t field_index(const struct fields *f, const struct token *param)
{
	for (size_t i = 0; i < f->n; i++)
		if (strlen(f->v[i].name) == param->n - 1 &&
		    memcmp(f->v[i].name, param->p + 1, param->n - 1) == 0)
			return i;
	return FIELDS_MAX;
}

static void check_params(struct statement *s)
{
	bool used[FIELDS_MAX] = { false };

	for (size_t i = 0; i < s->n; i++) {
		struct token *t = &s->first[i];
		if (t->kind != PARAM)
			continue;
		size_t k = field_index(&s->in, t);
		if (k == FIELDS_MAX)
			FAULT(t, "%s: %.*s is not declared in -- in:", s->name, (int)t->n, t->p);
		else
			used[k] = true;
	}
	for (size_t i = 0; i < s->in.n; i++)
		if (!used[i])
			FAULT(s->at, "%s: :%s is declared and not used", s->name, s->in.v[i].name);
}

/* Names that WITH gives: NAME AS ( or NAME ( columns ) AS ( */
static bool is_cte(struct statement *s, const struct token *name)
{
	struct token *end = s->first + s->n;

	for (struct token *t = s->first; t + 2 < end; t++) {
		if (t->kind != WORD || t->n != name->n || memcmp(t->p, name->p, t->n) != 0)
			continue;
		struct token *as = is(t + 1, "(") ? past(t + 1, end) : t + 1;
		if (as + 1 < end && is(as, "AS") && is(as + 1, "("))
			return true;
	}
	return false;
}

static void add_table(struct statement *s, struct token *t)
{
	struct table *table = table_find(t);

	if (!table) {
		if (!is_cte(s, t))
			FAULT(t, "%s: there is no table %.*s", s->name, (int)t->n, t->p);
		return;
	}
	for (size_t i = 0; i < s->table_count; i++)
		if (s->tables[i] == table)
			return;
	if (s->table_count == COUNT(s->tables))
		FAULT(t, "%s: too many tables", s->name);
	else
		s->tables[s->table_count++] = table;
}

/* Tables stand behind FROM, JOIN, INTO and UPDATE, and behind the commas of a FROM. */
static void find_tables(struct statement *s)
{
	struct token *end = s->first + s->n;

	for (struct token *t = s->first; t + 1 < end; t++) {
		bool from = is(t, "FROM");
		if (!from && !is(t, "JOIN") && !is(t, "INTO") && !is(t, "UPDATE"))
			continue;
		struct token *name = t + 1;
		if (name->kind != WORD || is(name, "SET"))
			continue; /* a subquery, or ON CONFLICT ... DO UPDATE SET */
		add_table(s, name);
		while (from) {
			name++;
			name += name < end && is(name, "AS");
			name += name < end && name->kind == WORD && name + 1 < end && is(name + 1, ",");
			if (name + 1 >= end || !is(name, ",") || name[1].kind != WORD)
				break;
			add_table(s, ++name);
		}
	}
}

static void check_tenant(struct statement *s)
{
	const struct table *owned = NULL;
	bool mentioned = false;

	for (size_t i = 0; i < s->table_count; i++)
		for (size_t k = 0; k < s->tables[i]->n; k++)
			if (strcmp(s->tables[i]->v[k].name, "tenant") == 0)
				owned = s->tables[i];
	for (size_t i = 0; i < s->n; i++)
		mentioned |= s->first[i].kind == PARAM && s->first[i].n == 7 &&
		    memcmp(s->first[i].p, ":tenant", 7) == 0;
	if (owned && !mentioned && !s->any_tenant)
		FAULT(s->at, "%s: table %s belongs to tenants, and the statement does not mention :tenant",
		    s->name, owned->name);
	if (s->any_tenant && (mentioned || !owned))
		FAULT(s->at, "%s: -- any-tenant: is not needed here", s->name);
}

/* The list that gives the rows: behind RETURNING, or behind the first SELECT that stands in no brackets. */
static struct token *out_list(struct statement *s, struct token **end)
{
	struct token *stop = s->first + s->n, *list = NULL;

	for (struct token *t = s->first; t < stop; t = past(t, stop)) {
		if (is(t, "SELECT") && !list) {
			list = t + 1;
			*end = stop;
		} else if (is(t, "FROM") && list && *end == stop) {
			*end = t;
		} else if (is(t, "RETURNING")) {
			*end = stop;
			return t + 1;
		}
	}
	return is(s->first, "INSERT") || is(s->first, "UPDATE") || is(s->first, "DELETE") ? NULL : list;
}

static void check_item(struct statement *s, const struct field *want, struct token *item, struct token *end)
{
	struct token *last = end - 1;
	bool plain = end == item + 1 || (end == item + 3 && is(item + 1, "."));

	if (!plain && (end < item + 3 || !is(end - 2, "AS"))) {
		FAULT(item, "%s: give this column its name: AS %s", s->name, want->name);
		return;
	}
	if (!same(last, want->name)) {
		FAULT(item, "%s: the column is %.*s where -- out: says %s; if that is meant, write AS %s",
		    s->name, (int)last->n, last->p, want->name, want->name);
		return;
	}
	for (size_t i = 0; plain && i < s->table_count; i++) {
		struct column *c = column_find(s->tables[i], last);
		if (!c)
			continue;
		if (c->type != want->type)
			FAULT(item, "%s: %s is %s, not %s", s->name, c->name, type_names[c->type],
			    type_names[want->type]);
		return;
	}
	if (plain && s->table_count)
		FAULT(item, "%s: no table here has a column %s", s->name, want->name);
}

static void check_out(struct statement *s)
{
	struct token *end = NULL, *item = out_list(s, &end);
	size_t i = 0;

	if (s->shape == EXEC) {
		if (s->out.n || item)
			FAULT(s->at, "%s: :exec gives no columns", s->name);
		return;
	}
	if (!item || !s->out.n) {
		FAULT(s->at, "%s: :%s needs -- out: and SELECT or RETURNING", s->name, shape_names[s->shape]);
		return;
	}
	item += is(item, "DISTINCT");
	for (struct token *next; item < end; item = next + 1, i++) {
		next = comma(item, end);
		if (i < s->out.n)
			check_item(s, &s->out.v[i], item, next);
	}
	if (i != s->out.n)
		FAULT(s->at, "%s: gives %zu columns where -- out: says %zu", s->name, i, s->out.n);
}

/* INSERT INTO table ( columns ) VALUES ( values ) */
static void check_insert(struct statement *s)
{
	struct token *t = s->first, *end = t + s->n;
	struct table *table = s->n > 4 && is(t + 1, "INTO") ? table_find(t + 2) : NULL;
	bool given[FIELDS_MAX] = { false };

	if (!is(t, "INSERT") || !table)
		return;
	if (!is(t + 3, "(")) {
		FAULT(t, "%s: name the columns", s->name);
		return;
	}
	struct token *values = past(t + 3, end);
	bool literal = values + 1 < end && is(values, "VALUES");
	struct token *v = values + 2, *stop = literal ? past(values + 1, end) - 1 : NULL;
	for (struct token *c = t + 4; c < values - 1; c += 2) {
		struct column *col = column_find(table, c);
		if (!col) {
			FAULT(c, "%s: %s has no column %.*s", s->name, table->name, (int)c->n, c->p);
			return;
		}
		given[col - table->v] = true;
		if (!literal)
			continue;
		if (v >= stop) {
			FAULT(c, "%s: no value for %s", s->name, col->name);
			return;
		}
		size_t k = v->kind == PARAM && comma(v, stop) == v + 1 ? field_index(&s->in, v) : FIELDS_MAX;
		if (k < FIELDS_MAX && s->in.v[k].type != col->type)
			FAULT(v, "%s: column %s is %s, :%s is %s", s->name, col->name, type_names[col->type],
			    s->in.v[k].name, type_names[s->in.v[k].type]);
		v = comma(v, stop) + 1;
	}
	if (literal && v < stop)
		FAULT(v, "%s: more values than columns", s->name);
	for (size_t i = 0; i < table->n; i++)
		if (table->v[i].required && !given[i])
			FAULT(s->at, "%s: leaves out %s.%s, which has no default", s->name, table->name,
			    table->v[i].name);
}

/*
 * Writes, and whether a value may be taken already. A refused row dooms a whole transaction of PostgreSQL, so
 * its driver puts a savepoint around such a statement; SQLite needs none.
 */
static void find_habits(struct statement *s)
{
	struct token *t = s->first, *end = t + s->n;
	bool upsert = false;

	for (; t < end; t++) {
		bool verb = is(t, "INSERT") || is(t, "DELETE") ||
		    (is(t, "UPDATE") && t + 1 < end && !is(t + 1, "SET"));
		s->writes |= verb;
		upsert |= is(t, "CONFLICT");
		struct table *table =
		    verb && t + 2 < end ? table_find(is(t, "UPDATE") ? t + 1 : t + 2) : NULL;
		if (!table || is(t, "DELETE"))
			continue;
		for (size_t i = 0; is(t, "INSERT") && i < table->n; i++)
			s->guarded |= table->v[i].unique;
		if (is(t, "INSERT"))
			continue;
		for (struct token *set = t + 2; set + 1 < end && !is(set, "WHERE"); set++) {
			struct column *c = is(set + 1, "=") ? column_find(table, set) : NULL;
			s->guarded |= c && c->unique;
		}
	}
	s->guarded &= !upsert;
	if (s->ordered && (!is(s->first, "INSERT") || s->shape != EXEC))
		FAULT(s->at, "%s: -- ordered: is for an INSERT that gives nothing back", s->name);
}

static void check_statement(struct statement *s)
{
	if (!s->first)
		return;
	check_params(s);
	find_tables(s);
	check_tenant(s);
	check_out(s);
	check_insert(s);
	find_habits(s);
}

/* ---- what is written ---- */

struct numbers {
	const struct statement *s;
	char sign; /* '?' or '$' */
	char text[8];
};

/* Explicit numbers also for SQLite: it would count $names by first appearance, in the order of the text. */
static const char *change_param(const struct token *t, void *arg)
{
	struct numbers *n = arg;

	if (t->kind != PARAM)
		return NULL;
	snprintf(n->text, sizeof n->text, "%c%zu", n->sign, field_index(&n->s->in, t) + 1);
	return n->text;
}

static void put_c(FILE *f, const char *text)
{
	fputc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', f);
		if (*text == '\n')
			fputs("\\n", f);
		else
			fputc(*text, f);
	}
	fputc('"', f);
}

static void put_upper(FILE *f, const char *name)
{
	for (; *name; name++)
		fputc(toupper((unsigned char)*name), f);
}

static void put_struct(FILE *h, const struct statement *s, const struct fields *fields, const char *suffix)
{
	if (!fields->n)
		return;
	fprintf(h, "struct %s_%s {\n", s->name, suffix);
	for (size_t i = 0; i < fields->n; i++)
		fprintf(h, "\t%s%s;\n", fields->v[i].type == INT ? "int64_t " : "str ", fields->v[i].name);
	fputs("};\n", h);
}

static void put_prototype(FILE *f, const struct statement *s)
{
	fprintf(f, "enum err q_%s(struct db *db, struct arena *mem", s->name);
	if (s->in.n)
		fprintf(f, ", const struct %s_in *in", s->name);
	if (s->shape == ONE)
		fprintf(f, ", struct %s_out *out)", s->name);
	else if (s->shape == MANY)
		fprintf(f, ", const struct %s_out **rows, size_t *count)", s->name);
	else
		fputs(", int64_t *changed)", f);
}

static void put_header(FILE *h)
{
	fputs("/* Made by tools/bake_sql.c from sql/. */\n#ifndef SQL_GEN_H\n#define SQL_GEN_H\n\n#include "
	      "\"store/db.h\"\n\n",
	    h);
	fputs("enum sql_id {\n", h);
	for (size_t i = 0; i < statement_count; i++) {
		fputs("\tSQL_", h);
		put_upper(h, statements[i].name);
		fputs(",\n", h);
	}
	fputs("\tSQL_COUNT\n};\n", h);
	for (size_t i = 0; i < statement_count; i++) {
		const struct statement *s = &statements[i];
		fprintf(h, "\n/* %s:%d */\n", strrchr(s->at->file, '/') + 1, s->at->line);
		put_struct(h, s, &s->in, "in");
		put_struct(h, s, &s->out, "out");
		fputs("CHECKED ", h);
		put_prototype(h, s);
		fputs(";\n", h);
	}
	fputs("\n#endif\n", h);
}

static void put_layout(FILE *c, const struct statement *s, const struct fields *fields, const char *suffix)
{
	if (!fields->n)
		return;
	fprintf(c, "static const struct sql_field %s_%s_fields[] = {\n", s->name, suffix);
	for (size_t i = 0; i < fields->n; i++) {
		static const char *const names[] = { "SQL_INT", "SQL_TEXT", "SQL_BLOB" };
		fprintf(c, "\t{ offsetof(struct %s_%s, %s), %s },\n", s->name, suffix, fields->v[i].name,
		    names[fields->v[i].type]);
	}
	fputs("};\n", c);
}

static void put_row(FILE *c, const struct statement *s)
{
	static const char *const shapes[] = { "SQL_ONE", "SQL_MANY", "SQL_EXEC" };
	struct numbers n = { .s = s };

	fputs("\t{ .id = SQL_", c);
	put_upper(c, s->name);
	fprintf(c, ", .name = \"%s\", .shape = %s, .writes = %s, .guarded = %s, .ordered = %s,\n", s->name,
	    shapes[s->shape], s->writes ? "true" : "false", s->guarded ? "true" : "false",
	    s->ordered ? "true" : "false");
	if (s->in.n)
		fprintf(c, "\t    .in = %s_in_fields, .in_count = %zu,\n", s->name, s->in.n);
	if (s->out.n)
		fprintf(c,
		    "\t    .out = %s_out_fields, .out_count = %zu, .out_size = sizeof(struct %s_out),\n",
		    s->name, s->out.n, s->name);
	fputs("\t    .text = {\n", c);
	for (int d = 0; d < DIALECTS; d++) {
		n.sign = d == SQLITE ? '?' : '$';
		fputs("\t\t", c);
		put_c(c, text_of(s->first, s->n, change_param, &n));
		fputs(",\n", c);
	}
	fputs("\t    } },\n", c);
}

static void put_functions(FILE *c)
{
	for (size_t i = 0; i < statement_count; i++) {
		const struct statement *s = &statements[i];
		put_prototype(c, s);
		fputs(
		    s->shape == MANY ? "\n{\n\tconst void *found = NULL;\n\tenum err e = " : "\n{\n\treturn ",
		    c);
		fprintf(c, "db_%s(db, mem, &sql_statements[SQL_", shape_names[s->shape]);
		put_upper(c, s->name);
		fprintf(c, "], %s, ", s->in.n ? "in" : "NULL");
		fputs(s->shape == ONE      ? "out);\n}\n\n"
			: s->shape == EXEC ? "changed);\n}\n\n"
					   : "&found, count);\n\n\t*rows = found;\n\treturn e;\n}\n\n",
		    c);
	}
}

static void put_migrations(FILE *c)
{
	for (size_t i = 0; i < migration_count; i++)
		for (int d = 0; d < DIALECTS; d++) {
			fprintf(c, "static const char *const %s_%d[] = {\n", dialect_names[d],
			    migrations[i].version);
			for (size_t k = 0; k < migrations[i].n[d]; k++) {
				fputc('\t', c);
				put_c(c, migrations[i].text[d][k]);
				fputs(",\n", c);
			}
			fputs("\tNULL,\n};\n\n", c);
		}
	fputs("const struct sql_migration sql_migrations[] = {\n", c);
	for (size_t i = 0; i < migration_count; i++)
		fprintf(c, "\t{ %d, { sqlite_%d, pgsql_%d } },\n", migrations[i].version,
		    migrations[i].version, migrations[i].version);
	fprintf(c, "\t{ 0 },\n};\nconst int sql_version = %zu;\n", migration_count);
}

static void put_source(FILE *c)
{
	fputs("/* Made by tools/bake_sql.c from sql/. */\n#include \"sql_gen.h\"\n\n#include "
	      "\"store/driver.h\"\n\n",
	    c);
	for (size_t i = 0; i < statement_count; i++) {
		put_layout(c, &statements[i], &statements[i].in, "in");
		put_layout(c, &statements[i], &statements[i].out, "out");
	}
	fputs("\nconst size_t sql_statement_count = SQL_COUNT;\nconst struct sql_statement "
	      "sql_statements[SQL_COUNT + 1] = {\n",
	    c);
	for (size_t i = 0; i < statement_count; i++)
		put_row(c, &statements[i]);
	fputs("};\n\n", c);
	put_functions(c);
	put_migrations(c);
}

/* Only a file that has changed is written, so that what includes it is not compiled again for nothing. */
static void write_file(const char *dir, const char *name, void (*put)(FILE *))
{
	char path[4096], *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort();
	put(f);
	fclose(f);
	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f) {
		fclose(f);
		if (strcmp(read_file(path), text) == 0)
			return;
	}
	f = fopen(path, "wb");
	if (!f || fwrite(text, 1, n, f) != n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static int sql_file(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 4 && e->d_name[0] != '.' && strcmp(e->d_name + n - 4, ".sql") == 0;
}

static void each_file(const char *sql, const char *folder, void (*read)(const char *path, const char *name))
{
	struct dirent **list;
	char dir[4000];

	snprintf(dir, sizeof dir, "%s%s%s", sql, sql[strlen(sql) - 1] == '/' ? "" : "/", folder);
	int n = scandir(dir, &list, sql_file, alphasort);
	if (n < 0) {
		perror(dir);
		exit(1);
	}
	for (int i = 0; i < n; i++) {
		char path[4300];
		snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
		read(copy(path, strlen(path)), list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

static void read_query_file(const char *path, const char *name)
{
	(void)name;
	read_query(path);
}

int main(int argc, char **argv)
{
	if (argc != 3 || !*argv[2]) {
		fputs("usage: bake_sql OUT_DIR SQL_DIR\n", stderr);
		return 2;
	}
	each_file(argv[2], "schema", read_schema);
	each_file(argv[2], "query", read_query_file);
	for (size_t i = 0; i < statement_count; i++)
		check_statement(&statements[i]);
	if (faults)
		return 1;
	write_file(argv[1], "sql_gen.h", put_header);
	write_file(argv[1], "sql_gen.c", put_source);
	return 0;
}
