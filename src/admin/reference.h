/* reference: the pages of docs/reference, written from the tables: what `gatehouse reference TOPIC` prints. */
#ifndef ADMIN_REFERENCE_H
#define ADMIN_REFERENCE_H

#include "base/buf.h"

struct reference {
	str topic, words;
	void (*write)(struct buf *out, struct arena *mem);
	void (*write_json)(
	    struct buf *out, struct arena *mem); /* one object, for programs; NULL: only the page */
};

extern const struct reference reference_topics[];
extern const size_t reference_count;

/* The topic of a name; NULL when none. */
const struct reference *reference_find(str topic);

#endif
