/* local: an operation without a daemon: opens the store, makes the site, runs the steps one after the other. */
#ifndef CMD_LOCAL_H
#define CMD_LOCAL_H

#include "cmd/ask.h"

/* Fills *out. CLI_DONE, or CLI_FAILED with a sentence said when the store cannot be opened. */
int local_op(struct cli *cli, const struct config *config, str op, str args, struct answer *out);
/* The name of the person at the keyboard, for the audit. */
str local_user(struct arena *mem);
/* The store's address for people: no password in it. */
str local_store_words(struct arena *mem, const struct config *config);

struct db;
/* The address that the store was last served under; empty when it never was. For verbs that no flag tells. */
str local_base_url(struct arena *mem, struct db *db);

#endif
