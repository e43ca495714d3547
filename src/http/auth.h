/* auth: the Authorization header (RFC 9110 section 11, RFC 6750, RFC 7617, RFC 9449) and challenges. */
#ifndef HTTP_AUTH_H
#define HTTP_AUTH_H

#include "http/msg.h"

enum auth_scheme { AUTH_NONE, AUTH_BASIC, AUTH_BEARER, AUTH_DPOP, AUTH_OTHER };

struct auth {
	enum auth_scheme scheme;
	str token;          /* Bearer, DPoP: token68 */
	str user, password; /* Basic, decoded, not form-decoded */
};

/* Reads the header; absent gives AUTH_NONE. Two Authorization headers or a broken one: ERR_AUTH_MALFORMED. */
CHECKED enum err auth_parse(struct arena *mem, const struct http_req *r, struct auth *out);

/*
 * A Bearer challenge as real parsers need it: scheme first, one blank, error and scope before error_description,
 * quoted values, no '"' inside (mcp.md 3.3). Empty parts are left out.
 */
str auth_challenge(struct arena *mem, str error, str scope, str resource_metadata, str description);
/* The same with the scheme DPoP (RFC 9449 section 7.1); algs are blank-separated. */
str auth_challenge_dpop(
    struct arena *mem, str algs, str error, str scope, str resource_metadata, str description);

#endif
