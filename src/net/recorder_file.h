/*
 * recorder_file: recorder.log and recorder.log.1, so that what was refused outlives the daemon. Two segments, so that at
 * least one full one is always there. One thread. Private.
 */
#ifndef NET_RECORDER_FILE_H
#define NET_RECORDER_FILE_H

#include "net/recorder_entry.h"

/* Gives take each entry that the files hold, the oldest first. dir "" or "none": there are no files, here and later. */
void recorder_file_read(str dir, void (*take)(const struct entry *e));
/* Opens for writing; a file that cannot be written is logged, and nothing is kept. */
void recorder_file_open(void);
bool recorder_file_on(void);
/* Appends whole lines. */
void recorder_file_write(str lines);
void recorder_file_close(void);

#endif
