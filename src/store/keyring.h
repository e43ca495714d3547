/*
 * keyring: the signing keys of a tenant. A key is `next` (published, not yet used), `active` (signs),
 * `retiring` (published until what it signed has expired) and then `gone` (its private part is wiped; sweep.h
 * does that).
 */
#ifndef STORE_KEYRING_H
#define STORE_KEYRING_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "crypto/pkey.h"

struct db;

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
 * The keys of a tenant, opened; makes an ES256 key when none is active, and of two nodes that start together
 * one makes it. DB_WRITE, no transaction. Give them back with keyring_free. ERR_SEAL_BROKEN, ERR_CRYPTO,
 * ERR_KEY_BAD.
 */
CHECKED enum err keyring_load(struct db *db, struct arena *mem, struct secret master, int64_t tenant,
    int64_t now_ms, struct keyring *out);
void keyring_free(struct keyring *ring);

/*
 * The next key becomes active (made now, when there is none), the active one retiring, and another next key
 * is made, so that it has long been published when its turn comes. Other nodes must load their rings again
 * (EFFECT_RELOAD and a revocation row of kind "key"). db: inside a job (c->db on WRITE).
 */
CHECKED enum err keyring_rotate(
    struct db *db, struct arena *mem, struct secret master, int64_t tenant, int64_t now_ms);

#endif
