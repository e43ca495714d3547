/*
 * recorder: keeps the refusals and absences of core/recorder.h: a ring in memory, mirrored to two bounded files of the data
 * directory so that `gatehouse why ID` also answers after a restart and without a daemon. Recording writes no file; a
 * helper thread calls recorder_flush.
 */
#ifndef NET_RECORDER_H
#define NET_RECORDER_H

#include "core/recorder.h"

#define RECORDER_KEPT 4096

/*
 * Opens the recorder and plugs it into the core; reads what the files of the directory hold. dir "none" or empty: memory only.
 * write false: only to look (a verb without a daemon). Before threads.
 */
void recorder_open(str dir, bool write);
/* Notes what was awaited and never came by now. Any one thread, about once a second. */
void recorder_look(int64_t now);
/* Writes what is new to the file. Any one thread. */
void recorder_flush(void);
/* Flushes and gives everything back. After threads. */
void recorder_close(void);

#endif
