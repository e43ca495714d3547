/*
 * powercut: a file system for SQLite that remembers what has really reached the disk. Everything is written
 * as usual, and beside it there is a picture of each file as of its last sync, with the writes since.
 * powercut_save lays down what a machine would find after its power was cut now: the pictures, and of the
 * writes that nobody waited for a random half, also out of order, since that is what caches do.
 */
#ifndef TESTS_STORE_POWERCUT_H
#define TESTS_STORE_POWERCUT_H

#include <stddef.h>

/* Becomes the file system of every SQLite handle opened from now on, until powercut_remove. */
void powercut_install(void);
void powercut_remove(void);
/* Called before every write, sync and deletion; count says the how many-th. May be NULL. */
void powercut_on(void (*hook)(size_t count));
/*
 * Files under dir as they would be after a power cut now. share: how many of 100 unsynced writes happen to be
 * there.
 */
void powercut_save(const char *dir, unsigned share);

#endif
