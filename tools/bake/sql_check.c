#include <string.h>

#include "sql_statement.h"

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
		struct token *as = token_is(t + 1, "(") ? token_past(t + 1, end) : t + 1;
		if (as + 1 < end && token_is(as, "AS") && token_is(as + 1, "("))
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
		bool from = token_is(t, "FROM");
		if (!from && !token_is(t, "JOIN") && !token_is(t, "INTO") && !token_is(t, "UPDATE"))
			continue;
		struct token *name = t + 1;
		if (name->kind != WORD || token_is(name, "SET"))
			continue; /* a subquery, or ON CONFLICT ... DO UPDATE SET */
		add_table(s, name);
		while (from) {
			name++;
			name += name < end && token_is(name, "AS");
			name += name < end && name->kind == WORD && name + 1 < end && token_is(name + 1, ",");
			if (name + 1 >= end || !token_is(name, ",") || name[1].kind != WORD)
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

	for (struct token *t = s->first; t < stop; t = token_past(t, stop)) {
		if (token_is(t, "SELECT") && !list) {
			list = t + 1;
			*end = stop;
		} else if (token_is(t, "FROM") && list && *end == stop) {
			*end = t;
		} else if (token_is(t, "RETURNING")) {
			*end = stop;
			return t + 1;
		}
	}
	return token_is(s->first, "INSERT") || token_is(s->first, "UPDATE") || token_is(s->first, "DELETE")
	    ? NULL
	    : list;
}

static void check_item(struct statement *s, const struct field *want, struct token *item, struct token *end)
{
	struct token *last = end - 1;
	bool plain = end == item + 1 || (end == item + 3 && token_is(item + 1, "."));

	if (!plain && (end < item + 3 || !token_is(end - 2, "AS"))) {
		FAULT(item, "%s: give this column its name: AS %s", s->name, want->name);
		return;
	}
	if (!token_same(last, want->name)) {
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
	item += token_is(item, "DISTINCT");
	for (struct token *next; item < end; item = next + 1, i++) {
		next = token_comma(item, end);
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
	struct table *table = s->n > 4 && token_is(t + 1, "INTO") ? table_find(t + 2) : NULL;
	bool given[FIELDS_MAX] = { false };

	if (!token_is(t, "INSERT") || !table)
		return;
	if (!token_is(t + 3, "(")) {
		FAULT(t, "%s: name the columns", s->name);
		return;
	}
	struct token *values = token_past(t + 3, end);
	bool literal = values + 1 < end && token_is(values, "VALUES");
	struct token *v = values + 2, *stop = literal ? token_past(values + 1, end) - 1 : NULL;
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
		size_t k =
		    v->kind == PARAM && token_comma(v, stop) == v + 1 ? field_index(&s->in, v) : FIELDS_MAX;
		if (k < FIELDS_MAX && s->in.v[k].type != col->type)
			FAULT(v, "%s: column %s is %s, :%s is %s", s->name, col->name, type_names[col->type],
			    s->in.v[k].name, type_names[s->in.v[k].type]);
		v = token_comma(v, stop) + 1;
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
		bool verb = token_is(t, "INSERT") || token_is(t, "DELETE") ||
		    (token_is(t, "UPDATE") && t + 1 < end && !token_is(t + 1, "SET"));
		s->writes |= verb;
		upsert |= token_is(t, "CONFLICT");
		struct table *table =
		    verb && t + 2 < end ? table_find(token_is(t, "UPDATE") ? t + 1 : t + 2) : NULL;
		if (!table || token_is(t, "DELETE"))
			continue;
		for (size_t i = 0; token_is(t, "INSERT") && i < table->n; i++)
			s->guarded |= table->v[i].unique;
		if (token_is(t, "INSERT"))
			continue;
		for (struct token *set = t + 2; set + 1 < end && !token_is(set, "WHERE"); set++) {
			struct column *c = token_is(set + 1, "=") ? column_find(table, set) : NULL;
			s->guarded |= c && c->unique;
		}
	}
	s->guarded &= !upsert;
	if (s->ordered && (!token_is(s->first, "INSERT") || s->shape != EXEC))
		FAULT(s->at, "%s: -- ordered: is for an INSERT that gives nothing back", s->name);
}

void statement_check(struct statement *s)
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
