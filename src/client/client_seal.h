/*
 * client_seal: clients that need no row. What was registered stands in the client_id itself, sealed
 * (docs/adr), so that registrations that nobody follows up leave nothing behind. Pure: key and tenant are
 * arguments.
 */
#ifndef CLIENT_CLIENT_SEAL_H
#define CLIENT_CLIENT_SEAL_H

#include "base/secret.h"
#include "model/model.h"

#define CLIENT_SEALED_PREFIX "gh_c_"
#define CLIENT_ID_MAX 1500 /* longest sealed id: it travels in URLs and tokens */

/* "gh_c_" and base64url of what the client is. ERR_TOO_LARGE: it needs a row. ERR_CRYPTO. */
CHECKED enum err client_seal(struct arena *mem, struct secret key, int64_t tenant,
    const struct client *client, int64_t issued, str *client_id);
/* The client again. ERR_NOT_FOUND for whatever this key did not seal for this tenant. */
CHECKED enum err client_unseal(
    struct arena *mem, struct secret key, int64_t tenant, str client_id, struct client *out);
/* The secret of a confidential client that registered itself, computed and nowhere kept. */
str client_sealed_secret(struct arena *mem, struct secret key, str client_id);
/* The registration access token (RFC 7592 section 3) of such a client, computed likewise: "gh_ra_...". */
str client_registration_token(struct arena *mem, struct secret key, str client_id);

#endif
