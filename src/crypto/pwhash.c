#include "crypto/ossl.h"

#include <sodium.h>
#include <string.h>

#define OPS 2
#define MEMORY ((size_t)19456 * 1024) /* OWASP's argon2id for 2 passes */

/* Bounds of what an imported hash may ask of us: 256 MiB, 16 passes. libsodium itself takes p=1 only. */
#define MEMORY_KIB_MAX (256 * 1024)
#define OPS_MAX 16

/* A hash of nothing anybody knows, of the same cost as ours: what an unknown account is compared with. */
static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$k6ykyoBvBtLmUykAjFa8Kw$"
			     "rBtns7FnDG0jLUdhgVG5jPYJsGOruI+6dAuObgZN1w0";

enum err pwhash_make(struct arena *mem, struct secret password, str *phc)
{
	char text[crypto_pwhash_STRBYTES];

	*phc = (str){ NULL, 0 };
	ossl(); /* libsodium is set up there */
	if (password.len > PASSWORD_MAX)
		return ERR_CRYPTO;
	if (crypto_pwhash_str_alg(text, (const char *)password.bytes, password.len, OPS, MEMORY,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return ERR_CRYPTO;
	*phc = arena_copy(mem, str_of(text));
	return OK;
}

/* The number behind name ("m=") at the head of *rest, which then stands behind it. */
static bool take_number(str *rest, str name, char end, int64_t *out)
{
	str number;

	if (!str_starts(*rest, name))
		return false;
	*rest = str_sub(*rest, name.n, rest->n);
	return str_cut(*rest, end, &number, rest) && str_int(number, out);
}

bool pwhash_known(str phc)
{
	str head = S("$argon2id$v=19$");
	int64_t m, t, p;

	if (phc.n >= crypto_pwhash_STRBYTES || !str_starts(phc, head) || !str_within(phc, 0x21, 0x7e))
		return false;
	str rest = str_sub(phc, head.n, phc.n);
	return take_number(&rest, S("m="), ',', &m) && take_number(&rest, S("t="), ',', &t) &&
	    take_number(&rest, S("p="), '$', &p) && m >= 8 && m <= MEMORY_KIB_MAX && t >= 1 && t <= OPS_MAX &&
	    p == 1;
}

bool pwhash_fits(struct secret password, str phc)
{
	char text[crypto_pwhash_STRBYTES];
	bool real = pwhash_known(phc) && password.len <= PASSWORD_MAX;
	str against = real ? phc : (str){ nobody, sizeof nobody - 1 };

	ossl();
	if (password.len > PASSWORD_MAX)
		password.len = PASSWORD_MAX;
	memcpy(text, against.p, against.n);
	text[against.n] = '\0';
	bool fits = crypto_pwhash_str_verify(text, (const char *)password.bytes, password.len) == 0;
	return fits && real;
}

bool pwhash_stale(str phc)
{
	char text[crypto_pwhash_STRBYTES];

	if (!pwhash_known(phc))
		return true;
	memcpy(text, phc.p, phc.n);
	text[phc.n] = '\0';
	return crypto_pwhash_str_needs_rehash(text, OPS, MEMORY) != 0;
}
