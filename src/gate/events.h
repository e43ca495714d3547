/*
 * events: where one server-sent event ends and the next has not begun (HTML standard, section 9.2.5). Only there may the
 * gateway put a comment of its own into somebody else's stream.
 */
#ifndef GATE_EVENTS_H
#define GATE_EVENTS_H

#include "http/msg.h"

struct events {
	uint32_t tail; /* the last four bytes */
};

/*
 * True when an event stream that answers this has no end of its own: the client listens for what may happen (GET of the
 * 2025 era, subscriptions/listen of 2026). Other streams end with the result that was asked for.
 */
bool events_listening(const struct http_req *r);
/* Nothing has come yet, which is between two events. */
void events_start(struct events *e);
/* The next bytes of the stream. */
void events_take(struct events *e, str data);
/* True behind a blank line. Lines that end in a CR alone are never believed: an LF may still come. */
bool events_between(const struct events *e);

#endif
