/* secret: bytes that must not be printed, logged or compared in variable time. Never convert one to str to compare it. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/str.h"

struct secret {
	const unsigned char *bytes; /* not `p`, so that FMT and str functions do not take it by accident */
	size_t len;
};

/* Wraps bytes the peer sent (a password, a token, a client secret). Borrows them. */
struct secret secret_of(str s);
/* Equality in time that depends on the lengths only. */
bool secret_eq(struct secret a, struct secret b);
/* Overwrites memory in a way the compiler keeps. */
void secret_wipe(void *p, size_t n);

#endif
