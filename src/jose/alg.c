#include "jose/jwt.h"

/* The names we write: RFC 7518, 3.1 and RFC 8037, 3.1. "none" and the HS family are not here, so nothing can choose them. */
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
	/* RFC 9864 section 2.2 gave EdDSA with Ed25519 a name of its own, which some libraries write and some do not */
	if (str_eq(name, S("Ed25519")))
		return ALG_EDDSA;
	for (size_t i = 0; i < COUNT(algs); i++)
		if (str_eq(name, str_of(algs[i].name)))
			return algs[i].alg;
	return ALG_NONE;
}
