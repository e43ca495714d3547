/* proofs: a DPoP key and its proofs, for tests of the endpoints. */
#ifndef TEST_OAUTH_PROOFS_H
#define TEST_OAUTH_PROOFS_H

#include "core/once.h"
#include "jose/dpop.h"
#include "jose/jws.h"
#include "kit.h"

struct holder {
	struct jwk key;
	str jkt, header;
	int made; /* each proof has a jti of its own */
};

KIT void holder_start(struct kit *k, struct holder *h)
{
	str json;

	*h = (struct holder){ .key.kid = S("proof") };
	MUST(pkey_make(ALG_ES256, &h->key.key) == OK);
	MUST(jwk_write(k->mem, &h->key, false, &json) == OK);
	MUST(jwk_thumbprint(k->mem, h->key.key, &h->jkt) == OK);
	h->header = arena_printf(k->mem, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%.*s}", FMT(json));
}

/* For POST to htu at iat; more: further members, each with a comma before it. */
KIT str holder_proof(struct kit *k, struct holder *h, const char *htu, int64_t iat, str more)
{
	str out;

	MUST(jws_sign(k->mem, &h->key, h->header,
		 arena_printf(k->mem, "{\"jti\":\"%.*s%d\",\"htm\":\"POST\",\"htu\":\"%s\",\"iat\":%lld%.*s}",
		     FMT(h->jkt), h->made++, htu, (long long)iat, FMT(more)),
		 &out) == OK);
	return out;
}

/* A post of a form with a proof (empty: none) to a path. */
KIT struct answer kit_post_proved(
    struct kit *k, enum err (*handler)(struct ctx *c), const char *path, str body, str dpop)
{
	return kit_send(k,
	    &(struct sent){ .handler = handler,
		.lane = LANE_LOOP,
		.method = HTTP_POST,
		.path = str_of(path),
		.body = body,
		.type = S("application/x-www-form-urlencoded"),
		.dpop = dpop });
}

#endif
