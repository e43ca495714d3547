/*
 * snippet: what a person pastes into an application to add a protected server to it. One table for the start page, for a
 * browser that opens a resource, and for `gatehouse snippet`.
 */
#ifndef WEB_SNIPPET_H
#define WEB_SNIPPET_H

#include "base/arena.h"
#include "ui_gen.h"

/* One application we have a text for. */
struct snippet_client {
	str id;    /* claude-code: the word on the command line */
	str label; /* Claude Code */
	str words; /* what to do with the text */
	str note;  /* what the application needs; "NAME" stands for the server's short name */
	void (*write)(struct buf *out, str name, str url);
};

extern const struct snippet_client snippet_clients[];
extern const size_t snippet_client_count;

/* The row of an application by its id; NULL when there is none. */
const struct snippet_client *snippet_find(str id);
/* A server's name as applications take it: [a-z0-9-], out of the name or, failing that, of the URL's path. */
str snippet_name(struct arena *mem, str name, str url);
/* The text for an application (its id); empty when there is none of that id. name is any name, see snippet_name. */
str snippet_write(struct arena *mem, str client, str name, str url);
/* The row's note with the name filled in. */
str snippet_note(struct arena *mem, const struct snippet_client *client, str name, str url);
/* All of them for a page, the first one unfolded. */
const struct view_snippet *snippet_views(struct arena *mem, str name, str url, size_t *count);

#endif
