/*
 * keyring: the signing keys of a tenant. A key is `next` (published, not yet used), `active` (signs),
 * `retiring` (published until what it signed has expired) and then `gone` (its private part is wiped; sweep.h
 * does that). There is always a next one, so that whoever verifies has heard of a key before it signs. Keys of several
 * algorithms may stand side by side: another algorithm is a next key of another kind.
 */
#ifndef STORE_KEYRING_H
#define STORE_KEYRING_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "crypto/pkey.h"

struct db;

/* How long a key of another algorithm is published before it signs: longer than anybody keeps our key set (60 s). */
#define KEY_PUBLISH_SECONDS 120

enum key_state { KEY_NEXT, KEY_ACTIVE, KEY_RETIRING };

struct ring_key {
	int64_t id;
	str kid;   /* RFC 7638 thumbprint of the public key */
	str state; /* its word in the store */
	enum key_state at;
	int64_t created, changed;
	struct pkey *key; /* private */
};

/* All keys that are published, oldest first; one of them is active. */
struct keyring {
	const struct ring_key *keys;
	size_t count;
	const struct ring_key *active;
};

/*
 * The keys of a tenant, opened; makes what is missing, of algorithm alg, and of two nodes that start together one makes it.
 * When alg is not what it was the last time, the next key is replaced by one of alg (keyring_settle). DB_WRITE, no
 * transaction. Give them back with keyring_free. ERR_SEAL_BROKEN, ERR_CRYPTO, ERR_KEY_BAD.
 */
CHECKED enum err keyring_load(struct db *db, struct arena *mem, struct secret master, int64_t tenant,
    enum alg alg, int64_t now_ms, struct keyring *out);
void keyring_free(struct keyring *ring);

/*
 * The next key becomes active, the active one retiring, and another next key is made, so that it has long been published
 * when its turn comes. alg: of the keys to be, ALG_NONE for that of the next key. When the next key is of another
 * algorithm, nobody has heard of the one that is wanted: it is made the next one, and *signs_at says when keyring_settle
 * makes it active (epoch seconds; 0: the rotation is done). Other nodes must load their rings again (EFFECT_RELOAD and
 * a revocation row of kind "key"). db: inside a job (c->db on WRITE).
 */
CHECKED enum err keyring_rotate(struct db *db, struct arena *mem, struct secret master, int64_t tenant,
    enum alg alg, int64_t now_ms, int64_t *signs_at);

/*
 * Ends what a change of algorithm began: a next key of another algorithm than the active one's that has been published
 * for KEY_PUBLISH_SECONDS becomes active, and the feed tells every node. *changed: it did. DB_WRITE, no transaction.
 */
CHECKED enum err keyring_settle(
    struct db *db, struct arena *mem, struct secret master, int64_t tenant, int64_t now_ms, bool *changed);

#endif
