/* backup: a copy of a store as it was at one moment, also while a daemon writes to it. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "base/arena.h"
#include "base/err.h"

/*
 * Writes the SQLite store at path `from` into the new file `to`: one consistent snapshot, compact. The caller's umask gives
 * its mode. ERR_STORE_CONFLICT when `to` exists, ERR_STORE_FULL, ERR_STORE; *why says what the engine said.
 */
CHECKED enum err backup_sqlite(struct arena *mem, str from, str to, str *why);

#endif
