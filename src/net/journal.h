/*
 * journal: keeps the rows of core/journal.h: append-only segments in the data directory, `journal-000001.log` and so on,
 * one JSON object a line. Each thread that adds rows has a ring of its own, so adding takes no lock; a thread of the
 * journal's writes the rings out. What is in a ring when the machine stops is lost; what is in the file is on its way to
 * the disk as any file is.
 */
#ifndef NET_JOURNAL_H
#define NET_JOURNAL_H

#include "core/journal.h"

#define JOURNAL_SEGMENT_MAX ((size_t)8 << 20) /* bytes of a file; then the next one begins */
#define JOURNAL_SEGMENTS 16                   /* files kept; the oldest goes */
#define JOURNAL_RING ((size_t)256 << 10)      /* bytes that one thread can be ahead of the disk */
#define JOURNAL_ROW_MAX ((size_t)4096)
#define JOURNAL_FOUND_MAX 10000 /* rows that a search gives */

/*
 * Opens the journal of the directory, plugs it into the core and starts its thread; the rows go behind those of the daemon
 * before. dir "none" or empty: nothing is kept, which one line in the log says. Before the threads that add.
 */
void journal_open(str dir);
/* Rows that were lost so far, because a ring was full or the disk was. Any thread. */
int64_t journal_dropped(void);
/* Writes what is left and gives everything back. After the threads that add. */
void journal_close(void);

/* --- reading, for verbs; with or without a daemon */

struct journal_filter {
	int64_t since;    /* epoch seconds */
	str event;        /* how the name begins */
	str user, client; /* empty: any */
};

struct journal_found {
	int64_t at_ms;
	size_t back; /* how many stand behind it in the files */
	str line;    /* the JSON object's text */
};

/*
 * The rows that fit, by time; the newest JOURNAL_FOUND_MAX of them, and *cut says whether there were more. Lines that are
 * no row (the last one of a process that was killed) are passed over.
 */
size_t journal_find(struct arena *mem, str dir, const struct journal_filter *want,
    const struct journal_found **out, bool *cut);

#endif
