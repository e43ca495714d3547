/*
 * control: DATA/control.sock, by which verbs reach the running daemon. 0600, and the peer must be our own user or root. A line
 * of JSON asks, {"op":"list_users","args":{...}}, a line of JSON answers; one after the other. On one loop's thread.
 */
#ifndef NET_CONTROL_H
#define NET_CONTROL_H

#include "base/json.h"
#include "net/loop.h"

#define CONTROL_LINE_MAX 1048576

struct control;

/* One line that was asked. It lives in its own arena, of which whoever answers may take a reference. */
struct control_call {
	struct arena *mem;
	str op;
	const struct json *args;   /* an object, or NULL */
	unsigned uid;              /* of the peer */
	struct control_peer *peer; /* NULL once it has gone: then the answer goes nowhere */
};

struct control_hooks {
	/* Answer with control_answer, now or later, on the loop's thread. */
	void (*asked)(struct control_call *call, void *arg);
};

/*
 * Opens path (a stale file is replaced). ERR_INTERNAL with a sentence in why: another daemon uses this directory, or the path
 * cannot be used.
 */
CHECKED enum err control_open(struct loop *l, str path, const struct control_hooks *hooks, void *arg,
    struct control **out, struct buf *why);
/* The answer: one JSON object's text. */
void control_answer(struct control_call *call, str json);
/* Closes the socket and its connections and removes the file. The loop's thread, or after it has stopped. */
void control_close(struct control *k);

#endif
