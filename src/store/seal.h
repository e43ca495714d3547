/*
 * seal: secrets at rest. A key derived from the master key seals each of them together with the name of its
 * place, so that a row moved elsewhere does not open. The root secret, from which refresh tokens, client ids
 * and form tokens are derived, is made once for a store; all nodes have the same.
 */
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

struct db;

#define MASTER_KEY_MIN 32 /* bytes: it is a key, not a password */
#define ROOT_SIZE 32

/* What the store keeps for the whole house. Lives in the arena it was loaded into. */
struct store_secrets {
	struct secret root; /* ROOT_SIZE bytes; kdf_derive() makes a key for each purpose of it */
};

/*
 * Opens the root secret; makes it when the store is new. Of two nodes that start together one makes it and
 * both have it. DB_WRITE, no transaction. ERR_SEAL_BROKEN: this store was made with another master key.
 * ERR_STORE also for one that is too short.
 */
CHECKED enum err store_secrets_load(
    struct db *db, struct arena *mem, struct secret master, struct store_secrets *out);

/* place: the row that it is for, "signing_key/17". ERR_CRYPTO. */
CHECKED enum err seal_close(
    struct arena *mem, struct secret master, str place, struct secret plain, str *sealed);
/* ERR_SEAL_BROKEN. */
CHECKED enum err seal_open(
    struct arena *mem, struct secret master, str place, str sealed, struct secret *plain);

/*
 * The master key of a data directory: DIR/master.key, 0600, made of random bytes when there is none. A node
 * that comes second takes what is there. ERR_STORE, ERR_STORE_FULL; words in db_why(NULL).
 */
CHECKED enum err master_key_load(struct arena *mem, str data_dir, struct secret *out);

#endif
