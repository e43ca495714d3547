/*
 * DPoP proofs. An input that begins with 'S' is a header, a line end and a payload, which are then rightly signed; "JWK" in
 * the header stands for the public key. Any other input is a proof as it is. What is believed must hold by other reckoning.
 * covers: src/jose/dpop.c
 */
#include "base/enc.h"
#include "base/url.h"
#include "crypto/crypto.h"
#include "jose/dpop.h"
#include "jose/jws.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define NOW 1700000000
#define CHECK(cond) ((cond) ? (void)0 : abort())

/* The key of RFC 8037 A.1. */
#define X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
static const char ed_json[] = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"ed\",\"d\":\"nWGxne_"
			      "9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\"x\":\"" X "\"}";

static struct jwk key;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct arena *mem;
	const struct json *o;

	(void)argc, (void)argv;
	mem = arena_new(1 << 20);
	CHECK(crypto_start() == OK && json_parse(mem, str_of(ed_json), &o, NULL) == OK &&
	    jwk_read(mem, o, true, &key) == OK);
	return 0;
}

static void check_believed(struct arena *mem, str proof, const struct dpop_expect *want, const struct dpop *d)
{
	struct jws s;
	struct url u;
	int64_t iat;

	CHECK(jws_parse(mem, proof, &s) == OK && !d->why);
	const struct json *jwk = json_get(s.header, S("jwk"));
	CHECK(jkt_ok(d->jkt) && d->jti.n && d->jti.n <= DPOP_JTI_MAX);
	CHECK(jwk && !json_get(jwk, S("d")) && !json_get(jwk, S("k")) && !json_get(jwk, S("p")));
	CHECK(!json_get(s.header, S("crit")));
	CHECK(json_get_int(s.payload, S("iat"), &iat) && llabs((long long)(iat - want->now)) <= want->window);
	CHECK(str_eq(json_get_str(s.payload, S("htm")), want->method));
	CHECK(url_parse(json_get_str(s.payload, S("htu")), &u) == OK && str_ieq(u.host, S("h.example")));
	CHECK(!want->token.p || json_get_str(s.payload, S("ath")).n == 43);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* clang-format off */
	static const struct dpop_expect wants[] = {
		{ .method = S_INIT("POST"), .url = S_INIT("https://h.example/token"), .now = NOW, .window = 300 },
		{ .method = S_INIT("GET"), .url = S_INIT("https://h.example/mcp"), .token = S_INIT("t"), .now = NOW, .window = 300 },
	};
	/* clang-format on */
	struct arena *mem = arena_new(1 << 20);
	str in = { (const char *)data, size }, proof = in, header, payload;
	struct dpop d;

	if (size && data[0] == 'S') {
		str_cut(str_sub(in, 1, in.n), '\n', &header, &payload);
		ptrdiff_t at = str_find(header, S("JWK"));
		if (at >= 0)
			header =
			    arena_printf(mem, "%.*s{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "\"}%.*s",
				FMT(str_sub(header, 0, (size_t)at)),
				FMT(str_sub(header, (size_t)at + 3, header.n)));
		if (jws_sign(mem, &key, header, payload, &proof) != OK)
			proof = in;
	}
	for (size_t i = 0; i < COUNT(wants); i++) {
		if (dpop_check(mem, proof, &wants[i], &d) == OK)
			check_believed(mem, proof, &wants[i], &d);
		else
			CHECK(d.why && !d.jkt.n && !d.jti.n);
	}
	str_cut(in, '\n', &header,
	    &payload); /* two addresses: the same both ways, and each is itself if it is one */
	CHECK(dpop_same_url(header, payload) == dpop_same_url(payload, header));
	arena_unref(mem);
	return 0;
}
