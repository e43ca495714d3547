/* url: RFC 3986 taken apart by one strict parser; no normalisation behind the caller's back. */
#ifndef BASE_URL_H
#define BASE_URL_H

#include "base/arena.h"
#include "base/err.h"

/* Parts are slices of the text, as sent. A part that is absent is { NULL, 0 }; present and empty has p != NULL. */
struct url {
	str scheme;   /* without ':' */
	str userinfo; /* without '@' */
	str host;     /* "[::1]" keeps its brackets */
	int port;     /* -1 when not given */
	str path;
	str query;      /* without '?' */
	str fragment;   /* without '#' */
	bool authority; /* "//" was there */
};

/* ERR_BAD_URL on control characters, blanks, backslashes, bytes over 0x7f, bad ports, broken escapes, no scheme. */
CHECKED enum err url_parse(str text, struct url *out);
/* The port given or the scheme's default (http 80, https 443), else -1. */
int url_port(const struct url *u);
/* scheme://host[:port] as written. */
str url_origin(struct arena *mem, const struct url *u);
/* 127.0.0.1, [::1] or localhost, exactly these spellings. */
bool url_loopback(const struct url *u);
/* "." or ".." segments, also with %2e, in a path. */
bool url_dots(str path);
/* Same resource identifier (RFC 8707 after mcp.md 2.6): scheme and host without case, default port dropped, a single '/' as empty path. */
bool url_same(const struct url *a, const struct url *b);

#endif
