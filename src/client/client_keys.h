/* client_keys: the public keys that a client registers (RFC 7591 section 2, jwks), read once and kept in one form. */
#ifndef CLIENT_CLIENT_KEYS_H
#define CLIENT_CLIENT_KEYS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

/*
 * The set again as JSON text with the keys that we can verify with (ES256, RS256, PS256, EdDSA), at most 64 KiB. ERR_KEY_BAD
 * with a phrase in *why: it is no key set, has a private or symmetric key (who sends one has to hear it: it is burnt), or
 * none that we can use.
 */
CHECKED enum err client_keys_read(struct arena *mem, const struct json *set, str *out, const char **why);
/* The same without the keys: is this a set without private keys? For registrations that bring keys and do not use them. */
CHECKED enum err client_keys_public(const struct json *set, const char **why);

/* True for an address of a key set: https, no user part, no fragment, at most 512 bytes. */
bool client_keys_uri_ok(str uri);

#endif
