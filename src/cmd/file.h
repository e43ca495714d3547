/* file: the files that verbs look at. */
#ifndef CMD_FILE_H
#define CMD_FILE_H

#include "base/arena.h"

/* A whole file of at most max bytes; false with a phrase ("is not there") in *why. */
bool file_slurp(struct arena *mem, str path, size_t max, str *text, str *why);
/*
 * The data directory is ours alone: 0700, files 0600. With make it is made when missing. False with a sentence in *why
 * that names the command which mends it. "none" is fine.
 */
bool file_data_dir(struct arena *mem, str dir, bool make, str *why);
/* The mode of a file, 07777; -1 when it is not there. */
int file_mode(struct arena *mem, str path);
/* The first line of standard input, at most max bytes, without its end; p == NULL when there is none. */
str file_stdin_line(struct arena *mem, size_t max);

#endif
