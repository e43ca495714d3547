/* cookie: reading and writing cookies (RFC 6265). */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "http/msg.h"

/* The value of the first cookie of that name over all Cookie headers; p == NULL when absent. Bounded, never fails. */
str cookie_get(const struct http_req *r, str name);
/* A Set-Cookie value: HttpOnly; SameSite=Lax; Path=/; Secure when secure; Max-Age when max_age >= 0. */
str cookie_write(struct arena *mem, str name, str value, bool secure, int64_t max_age);

#endif
