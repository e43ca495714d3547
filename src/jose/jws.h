/* jws: a signed text in the compact form, without the meaning that jwt gives it. For jwt.c and its tests. */
#ifndef JOSE_JWS_H
#define JOSE_JWS_H

#include "jose/jwt.h"

struct jws {
	const struct json *header;
	const struct json *payload; /* an object */
	str signed_part;            /* "header.payload", as sent */
	str signature;              /* decoded */
};

/* Shape, encodings, JSON and header rules; believes nothing. ERR_TOKEN_MALFORMED. */
CHECKED enum err jws_parse(struct arena *mem, str token, struct jws *out);
/* Signs the header (JSON text) and the payload. ERR_TOO_LARGE past JWT_MAX, ERR_CRYPTO. */
CHECKED enum err jws_sign(struct arena *mem, const struct jwk *key, str header_json, str payload, str *out);

#endif
