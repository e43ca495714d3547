/*
 * ui_place: where in the HTML the baker stands, byte by byte. The place of a value decides how it is escaped, and
 * whatever a place cannot carry safely is refused at build time.
 *
 * The HTML is a plain one on purpose: attributes in double quotes, no comments, no inline styles, scripts or handlers
 * (the Content-Security-Policy of pages would block them anyway).
 */
#ifndef BAKE_UI_PLACE_H
#define BAKE_UI_PLACE_H

#include <stdbool.h>

enum place_state {
	PLACE_TEXT,
	PLACE_OPEN, /* behind '<' */
	PLACE_NAME,
	PLACE_CLOSE, /* behind "</" */
	PLACE_DECL,
	PLACE_TAG, /* between attributes */
	PLACE_GAP, /* the same right behind a name: no other name may begin here */
	PLACE_ATTR,
	PLACE_EQ,
	PLACE_VALUE
};

struct place {
	enum place_state state;
	char element[24]; /* the tag that is open or being read */
	char attr[24];
	bool started; /* an attribute's value has begun */
	bool script;  /* between <script src> and its end: nothing may stand there */
	int pre;      /* inside pre or textarea: blanks count */
};

/* How a value is written at a place. */
enum escape { ESCAPE_NONE, ESCAPE_TEXT, ESCAPE_URL, ESCAPE_PART };

/* One byte of the page's own HTML. Gives why it is refused, or NULL. */
const char *place_step(struct place *p, char c);
/* A {{tag}} stands here: it ends the name that was being read. Gives why it may not, or NULL. */
const char *place_break(struct place *p);
/* Is it inside the value of an attribute that holds an address? */
bool place_url(const struct place *p);
/* How a value must be escaped here; *why when it may not stand here, else NULL. */
enum escape place_escape(const struct place *p, const char **why);
/* A section must end where it began, otherwise the place behind it would depend on the data. */
bool place_same(const struct place *a, const struct place *b);

#endif
