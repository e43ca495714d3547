/* recorder_entry: one refusal, or one thing that never came, as the ring holds it and as a line of the file says it. Private. */
#ifndef NET_RECORDER_ENTRY_H
#define NET_RECORDER_ENTRY_H

#include "base/buf.h"
#include "core/recorder.h"

enum { DETAIL, METHOD, PATH, CLIENT, PEER, PLACE, TEXTS };

/* Without pointers, so that the ring is one piece of memory that never grows. */
struct entry {
	char id[RECORD_ID + 1];
	int64_t at;
	bool missing;
	uint16_t code; /* enum err, or enum awaited when missing */
	uint16_t n[TEXTS];
	char text[768]; /* one behind the other */
};

/* What may never come, and how many seconds it is waited for. */
struct absence {
	const char *name, *words;
	int64_t within;
};
extern const struct absence absences[AWAIT_COUNT];

/* Longer texts are cut. */
void entry_set_texts(struct entry *e, const str texts[TEXTS]);
/* Inside e. */
str entry_text(const struct entry *e, int which);
/* Of the error or the absence. */
const char *entry_name(const struct entry *e);

/* One JSON object and a line's end. */
void entry_write(struct buf *b, const struct entry *e);
/* False when the line is not whole, or of an error that this program does not know. */
bool entry_read(struct arena *mem, str line, struct entry *out);

#endif
