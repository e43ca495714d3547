#include "base/secret.h"

#include <string.h>

struct secret secret_of(str s)
{
	return (struct secret){ (const unsigned char *)s.p, s.n };
}

bool secret_eq(struct secret a, struct secret b)
{
	volatile unsigned char diff = 0; /* volatile: the compiler may not leave the loop early */

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		diff = (unsigned char)(diff | (a.bytes[i] ^ b.bytes[i]));
	return diff == 0;
}

void secret_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}
