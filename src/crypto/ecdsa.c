#include "crypto/ecdsa.h"

#include <string.h>

#define HALF 32
#define TAG_INTEGER 0x02
#define TAG_SEQUENCE 0x30

/* The order of P-256 (SEC 2, section 2.4.2). */
/* clang-format off */
static const unsigned char order[HALF] = {
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};
/* clang-format on */

/* Not in constant time: signatures are public, and a private key shows only how far it agrees with the order. */
bool ecdsa_in_range(const unsigned char v[HALF])
{
	static const unsigned char zero[HALF];

	return memcmp(v, zero, HALF) != 0 && memcmp(v, order, HALF) < 0;
}

/* Writes a positive v as a DER integer; gives the place behind it. */
static unsigned char *put_integer(unsigned char *to, const unsigned char v[HALF])
{
	size_t skip = 0;

	while (v[skip] == 0) /* ends: v is not zero */
		skip++;
	size_t pad = v[skip] >> 7, n = HALF - skip;
	*to++ = TAG_INTEGER;
	*to++ = (unsigned char)(n + pad);
	if (pad)
		*to++ = 0;
	memcpy(to, v + skip, n);
	return to + n;
}

size_t ecdsa_to_der(const unsigned char raw[ECDSA_RAW], unsigned char der[ECDSA_DER_MAX])
{
	if (!ecdsa_in_range(raw) || !ecdsa_in_range(raw + HALF))
		return 0;
	unsigned char *end = put_integer(put_integer(der + 2, raw), raw + HALF);
	size_t n = (size_t)(end - der);
	der[0] = TAG_SEQUENCE;
	der[1] = (unsigned char)(n - 2);
	return n;
}

/* Takes one integer off the front of *at. */
static bool take_integer(const unsigned char **at, const unsigned char *end, unsigned char v[HALF])
{
	const unsigned char *p = *at;

	if (end - p < 3 || p[0] != TAG_INTEGER || p[1] == 0 || p[1] > HALF + 1 || end - p - 2 < p[1])
		return false;
	size_t n = p[1];
	p += 2;
	*at = p + n;
	if (p[0] & 0x80) /* negative */
		return false;
	if (p[0] == 0) {
		if (n < 2 || !(p[1] & 0x80)) /* zero, or a zero too many */
			return false;
		p++;
		n--;
	}
	if (n > HALF)
		return false;
	memset(v, 0, HALF - n);
	memcpy(v + HALF - n, p, n);
	return ecdsa_in_range(v);
}

bool ecdsa_to_raw(const unsigned char *der, size_t n, unsigned char raw[ECDSA_RAW])
{
	const unsigned char *end = der + n, *at = der + 2;

	if (n < 2 || n > ECDSA_DER_MAX || der[0] != TAG_SEQUENCE || der[1] != n - 2)
		return false;
	return take_integer(&at, end, raw) && take_integer(&at, end, raw + HALF) && at == end;
}
