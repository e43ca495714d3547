/*
 * keeper: two helper threads. One reads the revocation feed twice a second and writes the recorder's file; the other
 * copies SQLite's WAL into its file and sweeps what has had its day.
 */
#ifndef APP_KEEPER_H
#define APP_KEEPER_H

#include "app/house.h"

struct keeper;

/* Reads the feed once, so that memory is up to date before the first request, then starts the threads. ERR_STORE... */
CHECKED enum err keeper_start(struct house *h, str store, int64_t tenant, struct keeper **out);
void keeper_stop(struct keeper *k);

#endif
