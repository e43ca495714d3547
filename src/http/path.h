/* path: the request path, normalised once; the same bytes are matched and forwarded. */
#ifndef HTTP_PATH_H
#define HTTP_PATH_H

#include "http/msg.h"

/*
 * Refuses what two readers could see differently: %2f %5c %00 ';' '\\' '//' and dot segments, also encoded, in any case
 * (ERR_PATH_AMBIGUOUS). Decodes unreserved escapes (RFC 3986 section 6.2.2.2). Keeps a trailing slash.
 */
CHECKED enum err path_normal(struct arena *mem, str raw, str *out);

#define PATH_SHOWN 200 /* bytes */

/*
 * A path for logs: cut, without control characters, and "..." for each run between slashes that is over 40 bytes, since
 * that may be a secret that somebody put there. In room.
 */
str path_show(char room[PATH_SHOWN], str path);

#endif
