/* path: the request path, normalised once; the same bytes are matched and forwarded. */
#ifndef HTTP_PATH_H
#define HTTP_PATH_H

#include "http/msg.h"

/*
 * Refuses what two readers could see differently: %2f %5c %00 ';' '\\' '//' and dot segments, also encoded, in any case
 * (ERR_PATH_AMBIGUOUS). Decodes unreserved escapes (RFC 3986 section 6.2.2.2). Keeps a trailing slash.
 */
CHECKED enum err path_normal(struct arena *mem, str raw, str *out);

#endif
