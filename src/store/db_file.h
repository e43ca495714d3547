/*
 * db_file: the files of the data directory. What lies there is for one user only: 0600 in a directory of
 * 0700.
 */
#ifndef STORE_DB_FILE_H
#define STORE_DB_FILE_H

#include "base/arena.h"
#include "base/err.h"

/*
 * Path as a C string in mem; its directory must be ours, 0700 and not a link to who knows where. With make
 * the last directory is made when it is missing. ERR_STORE; the words (db_why(NULL), and the log) name the
 * command that mends it.
 */
CHECKED enum err file_check_dir(struct arena *mem, str path, bool make, const char **out);
/*
 * A file that is missing is made, empty, with make; else *missing says so. One that others may read is
 * refused. ERR_STORE.
 */
CHECKED enum err file_check(const char *path, bool make, bool *missing);
/* The whole of a small file; ERR_NOT_FOUND, ERR_STORE when it is wider than 0600 or longer than max. */
CHECKED enum err file_read(struct arena *mem, const char *path, size_t max, str *out);
/*
 * A new file with these bytes, durably and at once: nobody sees half of it. ERR_STORE_CONFLICT when there is
 * one already.
 */
CHECKED enum err file_make(const char *path, str bytes);

#endif
