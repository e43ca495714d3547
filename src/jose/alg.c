#include "jose/jwt.h"

/* RFC 7518, 3.1 and RFC 8037, 3.1. "none" and the HS family are not here, so nothing can choose them. */
static const struct {
	enum alg alg;
	const char *name;
} algs[] = {
	{ ALG_ES256, "ES256" },
	{ ALG_RS256, "RS256" },
	{ ALG_PS256, "PS256" },
	{ ALG_EDDSA, "EdDSA" },
};

const char *alg_name(enum alg alg)
{
	for (size_t i = 0; i < COUNT(algs); i++)
		if (algs[i].alg == alg)
			return algs[i].name;
	return "";
}

enum alg alg_of(str name)
{
	for (size_t i = 0; i < COUNT(algs); i++)
		if (str_eq(name, str_of(algs[i].name)))
			return algs[i].alg;
	return ALG_NONE;
}
