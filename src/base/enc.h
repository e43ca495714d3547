/* enc: base64url, base64, hex and percent encodings. Decoders are strict and fail closed; also ERR_TOO_LARGE at the arena's cap. */
#ifndef BASE_ENC_H
#define BASE_ENC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* base64url without padding (RFC 4648 section 5). */
str b64url_write(struct arena *mem, str bytes);
/* Refuses padding, blanks, other alphabets and non-zero trailing bits: one text for one value. ERR_BAD_ENCODING. */
CHECKED enum err b64url_parse(struct arena *mem, str text, str *out);
/* Standard base64 with padding (HTTP Basic), strict. ERR_BAD_ENCODING. */
CHECKED enum err b64_parse(struct arena *mem, str text, str *out);
str b64_write(struct arena *mem, str bytes);
str hex_write(struct arena *mem, str bytes);
CHECKED enum err hex_parse(struct arena *mem, str text, str *out);
/* The value of one hexadecimal digit, 0 to 15, or -1. */
int hex_digit(char c);
/* Percent-encodes everything but RFC 3986 unreserved characters. */
void percent_write(struct buf *b, str s);
str percent_encode(struct arena *mem, str s);
/* Decodes %XX, and '+' as blank when plus is true. Refuses broken escapes. ERR_BAD_ENCODING. Borrows text when it has no escapes. */
CHECKED enum err percent_parse(struct arena *mem, str text, bool plus, str *out);

#endif
