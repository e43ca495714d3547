/* ticket: secrets that we hand out once: a prefix people can recognise, an id that finds the row, 256 random bits. */
#ifndef LOGIN_TICKET_H
#define LOGIN_TICKET_H

#include "base/arena.h"
#include "base/err.h"

#define TICKET_SESSION "gh_ss_"
#define TICKET_LINK "gh_ln_"

struct ticket {
	int64_t id; /* of the row */
	str hash;   /* SHA-256 of the whole text: all that is stored */
};

/* A new one; text is what the person gets. */
struct ticket ticket_make(struct arena *mem, const char *prefix, int64_t now_ms, str *text);
/* Takes one apart; false for anything that we cannot have made. The hash must still be compared (ticket_fits). */
bool ticket_parse(struct arena *mem, const char *prefix, str text, struct ticket *out);
/* True when the row's hash is that of the ticket; constant time. */
bool ticket_fits(const struct ticket *t, str hash);

#endif
