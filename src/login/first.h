/* first: what a new store needs before anybody can sign in: the account, its tenant, its owner. For serve, init and verbs. */
#ifndef LOGIN_FIRST_H
#define LOGIN_FIRST_H

#include "model/model.h"
#include "store/db.h"

/* DB_WRITE, no transaction. The first tenant, made with its account when the store has none; issuer is what it is called by. */
CHECKED enum err tenant_ensure(struct db *db, struct arena *mem, int64_t now, str issuer, struct tenant *out);
/* True when somebody owns the tenant. */
CHECKED enum err owner_exists(struct db *db, struct arena *mem, int64_t tenant, bool *out);
/*
 * In a transaction. Makes the first owner; email canonical (text_email), phc from pwhash_make. A person of that address
 * becomes the owner. ERR_SETUP_DONE when there is one. Also voids the setup links.
 */
CHECKED enum err owner_make(struct db *db, struct arena *mem, int64_t tenant, int64_t now, str email,
    str name, str phc, int64_t *user);
/* In a transaction. The person of that canonical address; a new one is a member without a password, who gets in by a link. */
CHECKED enum err person_ensure(
    struct db *db, struct arena *mem, int64_t tenant, int64_t now, str email, int64_t *user, bool *made);

#endif
