/* The page behind the number of a refusal: what arrived, what was expected, which rule, and the line that mends it. */
#include "base/time.h"
#include "core/recorder.h"
#include "ui_gen.h"

enum err why_show(struct ctx *c);

/* "CODE_EXPIRED" as "Code expired". */
static str name_in_words(struct arena *mem, str name)
{
	char *p = arena_alloc(mem, name.n + 1);

	for (size_t i = 0; i < name.n; i++) {
		char ch = name.p[i];
		p[i] = ch == '_' ? ' ' : i && ch >= 'A' && ch <= 'Z' ? (char)(ch | 0x20) : ch;
	}
	return (str){ p, name.n };
}

/*
 * Whoever guesses ids and secrets of clients has the numbers of the refusals: what the answers do not tell apart, their pages do
 * not either. The command and the tool tell all, to those who run this server.
 */
static void fill_hushed(struct ctx *c, struct view_why *view)
{
	const struct err_row *row = err_row(ERR_CLIENT_SECRET);

	view->title = S("The client could not prove who it is");
	view->words = str_of(row->words);
	view->arrived =
	    arena_printf(c->mem, "Told to whoever runs this server: gatehouse why %.*s", FMT(view->id));
	view->expected = str_of(row->expected);
	view->rule = str_of(row->rule);
	view->mend = str_of(row->mend);
}

static void fill(struct ctx *c, const struct record *r, struct view_why *view)
{
	const struct err_row *row = err_row(r->code);

	view->found = true;
	view->at = time_rfc3339(c->mem, r->at);
	view->request = arena_printf(c->mem, "%.*s %.*s", FMT(r->method), FMT(r->path));
	if (r->code == ERR_CLIENT_SECRET || r->code == ERR_CLIENT_METHOD || r->code == ERR_CLIENT_ASSERTION) {
		fill_hushed(c, view);
		return;
	}
	view->title = name_in_words(c->mem, r->name);
	view->arrived = r->detail;
	if (r->missing) {
		view->words = S("Something was awaited and never came.");
		view->expected = S("The next step of the client, in time.");
		view->mend = S("Look at the client: it began and did not go on. Its own log says why.");
		return;
	}
	view->words = str_of(row->words);
	view->expected = str_of(row->expected);
	view->rule = str_of(row->rule);
	view->mend = str_of(row->mend);
}

/* Who knows the number got it in an answer. */
enum err why_show(struct ctx *c)
{
	struct view_why *view = NEW(c->mem, struct view_why);
	str id = c->req->path;
	struct record r;

	while (str_has(id, '/'))
		id = str_sub(id, (size_t)str_index(id, '/') + 1, id.n);
	id = str_sub(id, 0, 2 * RECORD_ID);
	view->id = id;
	if (recorder_find(c->mem, id, &r))
		fill(c, &r, view);
	return reply_page(c, view->found ? 200 : 404, PAGE_WHY, view);
}
