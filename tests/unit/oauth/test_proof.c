/* DPoP at the token endpoint (RFC 9449): what is bound, to which key, and nonces over time. */
#include "base/unit.h"
#include "proofs.h"
#include "oauth/proof.h"

static struct holder ann, thief;

static int setup(void **state)
{
	struct kit *k = malloc(sizeof *k);

	kit_start(k);
	holder_start(k, &ann);
	holder_start(k, &thief);
	k->site.endpoint_proofs = once_new(1000, DPOP_WINDOW);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	struct kit *k = *state;

	once_free(k->site.endpoint_proofs);
	pkey_unref(ann.key.key);
	pkey_unref(thief.key.key);
	kit_stop(k);
	free(k);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static str proof(struct kit *k, struct holder *h)
{
	return holder_proof(k, h, ISSUER "/token", k->now, S(""));
}

static struct answer token(struct kit *k, str body, str dpop)
{
	return kit_post_proved(k, token_start, "/token", body, dpop);
}

static const struct json *tokens(struct kit *k, str dpop)
{
	struct answer a = token(k, kit_redeem_body(k, kit_code(k)), dpop);

	same_err("a code", a.err, OK);
	return kit_json(k, a.body);
}

static str jkt_of(struct kit *k, const struct json *answer)
{
	return json_get_str(
	    json_get(kit_claims(k, json_get_str(answer, S("access_token"))), S("cnf")), S("jkt"));
}

static void tokens_are_bound_to_the_key_that_was_proved(void **state)
{
	struct kit *k = *state;
	const struct json *o = tokens(k, proof(k, &ann));

	same("token_type", json_get_str(o, S("token_type")), S("DPoP"));
	same("cnf", jkt_of(k, o), ann.jkt);
	o = tokens(k, S(""));
	same("token_type", json_get_str(o, S("token_type")), S("Bearer"));
	same("cnf", jkt_of(k, o), S(""));
}

static void a_wrong_proof_changes_nothing(void **state)
{
	struct kit *k = *state;
	str code = kit_code(k);
	uint64_t before = kit_state(k);
	const struct {
		const char *sentence;
		str dpop;
	} rows[] = {
		{ "for another path", holder_proof(k, &ann, ISSUER "/revoke", k->now, S("")) },
		{ "too old", holder_proof(k, &ann, ISSUER "/token", k->now - DPOP_WINDOW - 1, S("")) },
		{ "no JWT", S("x") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct answer a = token(k, kit_redeem_body(k, code), rows[i].dpop);
		same_err(rows[i].sentence, a.err, ERR_DPOP_PROOF);
		same_int(rows[i].sentence, a.writes, 0);
	}
	assert_true(kit_state(k) == before);
}

static void a_proof_comes_once(void **state)
{
	struct kit *k = *state;
	str p = proof(k, &ann);

	(void)tokens(k, p);
	str code = kit_code(k);
	same_err("again", token(k, kit_redeem_body(k, code), p).err, ERR_DPOP_REPLAYED);
	k->now += 250;
	same_err("later", token(k, kit_redeem_body(k, kit_code(k)), p).err, ERR_DPOP_REPLAYED);
	k->now += 51;
	same_err("too late", token(k, kit_redeem_body(k, kit_code(k)), p).err, ERR_DPOP_PROOF);
}

static void a_public_client_s_refresh_tokens_are_bound(void **state)
{
	struct kit *k = *state;
	str rt = json_get_str(tokens(k, proof(k, &ann)), S("refresh_token")), body = kit_refresh_body(k, rt);
	uint64_t before = kit_state(k);

	same_err("no proof", token(k, body, S("")).err, ERR_DPOP_KEY);
	same_err("another key", token(k, body, proof(k, &thief)).err, ERR_DPOP_KEY);
	assert_true(kit_state(k) == before);

	struct answer a = token(k, body, proof(k, &ann));
	same_err("its key", a.err, OK);
	same("cnf", jkt_of(k, kit_json(k, a.body)), ann.jkt);
	before = kit_state(k);
	same_err("in the grace, by another", token(k, body, proof(k, &thief)).err, ERR_DPOP_KEY);
	assert_true(kit_state(k) == before);
	same_err("in the grace, by the key", token(k, body, proof(k, &ann)).err, OK);
	/* long spent: without the key not even the family can be ended */
	k->now += 200;
	before = kit_state(k);
	same_err("spent, by another", token(k, body, proof(k, &thief)).err, ERR_DPOP_KEY);
	same_err("spent, without proof", token(k, body, S("")).err, ERR_DPOP_KEY);
	assert_true(kit_state(k) == before);
	same_err("spent, by the key", token(k, body, proof(k, &ann)).err, ERR_REFRESH_REUSED);
}

static void a_confidential_client_may_change_its_key(void **state)
{
	struct kit *k = *state;
	struct answer a = kit_authorize(k, S(KIT_CI "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp"));
	str txn = kit_param(k, a.location, "txn");

	a = kit_decide(k, arena_printf(k->mem, "txn=%.*s&decision=allow", FMT(txn)));
	str code = kit_param(k, a.location, "code");
	struct sent s = { .handler = token_start,
		.lane = LANE_LOOP,
		.method = HTTP_POST,
		.path = S("/token"),
		.type = S("application/x-www-form-urlencoded"),
		.authorization =
		    arena_printf(k->mem, "Basic %.*s", FMT(b64_write(k->mem, S("ci:" KIT_SECRET)))) };
	s.body = arena_printf(k->mem,
	    "grant_type=authorization_code&code=%.*s&code_verifier=" KIT_VERIFIER
	    "&redirect_uri=https%%3A%%2F%%2Fci.example%%2Fcb",
	    FMT(code));
	s.dpop = proof(k, &ann);
	a = kit_send(k, &s);
	same_err("the code", a.err, OK);
	const struct json *o = kit_json(k, a.body);
	same("cnf", jkt_of(k, o), ann.jkt);
	s.body = arena_printf(
	    k->mem, "grant_type=refresh_token&refresh_token=%.*s", FMT(json_get_str(o, S("refresh_token"))));
	s.dpop = proof(k, &thief); /* here: the same client's new key */
	a = kit_send(k, &s);
	same_err("another key", a.err, OK);
	same("cnf", jkt_of(k, kit_json(k, a.body)), thief.jkt);
}

static void dpop_jkt_binds_the_code(void **state)
{
	struct kit *k = *state;
	str query = arena_printf(k->mem, "%s%.*s",
	    KIT_APP "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp&dpop_jkt=", FMT(ann.jkt));
	static const struct {
		const char *sentence;
		int who; /* 0 nobody, 1 the thief, 2 the holder */
		enum err e;
	} rows[] = { { "no proof", 0, ERR_DPOP_KEY }, { "another key", 1, ERR_DPOP_KEY },
		{ "its key", 2, OK } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		str code = kit_param(k, kit_authorize(k, query).location, "code");
		str p = rows[i].who == 0 ? S("") : proof(k, rows[i].who == 1 ? &thief : &ann);
		same_err(rows[i].sentence, token(k, kit_redeem_body(k, code), p).err, rows[i].e);
	}
	struct answer a = kit_authorize(k, S(KIT_APP "&dpop_jkt=short"));
	same("a short one", kit_param(k, a.location, "error"), S("invalid_request"));
}

static void a_client_for_bound_tokens_gets_no_others(void **state)
{
	struct kit *k = *state;
	str code = kit_code(k);

	k->clients[1].dpop = true;
	struct answer a = token(k, kit_redeem_body(k, code), S(""));
	same_err("no proof", a.err, ERR_DPOP_REQUIRED);
	same_int("nothing was written", a.writes, 0);
	same_err("a proof", token(k, kit_redeem_body(k, code), proof(k, &ann)).err, OK);
}

static str with_nonce(struct kit *k, str nonce)
{
	return holder_proof(
	    k, &ann, ISSUER "/token", k->now, arena_printf(k->mem, ",\"nonce\":\"%.*s\"", FMT(nonce)));
}

static void a_nonce_lives_for_two_slots(void **state)
{
	struct kit *k = *state;

	k->config.dpop_nonce = true;
	k->now -= k->now % 150; /* the begin of a slot */
	str code = kit_code(k);
	struct answer a = token(k, kit_redeem_body(k, code), proof(k, &ann));
	same_err("no nonce", a.err, ERR_DPOP_NONCE);
	str nonce = kit_header(&a, "DPoP-Nonce");
	same_int("22 signs", (int64_t)nonce.n, 22);

	a = token(k, kit_redeem_body(k, code), with_nonce(k, nonce));
	same_err("at once", a.err, OK);
	same_int("no other is given", (int64_t)kit_header(&a, "DPoP-Nonce").n, 0);

	k->now += 299;
	a = token(k, kit_redeem_body(k, kit_code(k)), with_nonce(k, nonce));
	same_err("in the next slot", a.err, OK);
	str next = kit_header(&a, "DPoP-Nonce");
	holds("the next one comes along", next.n == 22 && !str_eq(next, nonce));

	k->now += 1;
	a = token(k, kit_redeem_body(k, kit_code(k)), with_nonce(k, nonce));
	same_err("after two", a.err, ERR_DPOP_NONCE);
	same_err("the next", token(k, kit_redeem_body(k, kit_code(k)), with_nonce(k, next)).err, OK);
}

static void a_nonce_is_of_this_server_or_wrong(void **state)
{
	struct kit *k = *state;
	static const char *const wrong[] = { "x", "AAAAAAAAAAAAAAAAAAAAAA" };

	for (int required = 0; required < 2; required++) {
		k->config.dpop_nonce = required;
		for (size_t i = 0; i < COUNT(wrong); i++)
			same_err(wrong[i],
			    token(k, kit_redeem_body(k, kit_code(k)), with_nonce(k, str_of(wrong[i]))).err,
			    ERR_DPOP_NONCE);
	}
	k->config.dpop_nonce = false;
	same_err("none is needed", token(k, kit_redeem_body(k, kit_code(k)), proof(k, &ann)).err, OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tokens_are_bound_to_the_key_that_was_proved),
		TEST(a_wrong_proof_changes_nothing),
		TEST(a_proof_comes_once),
		TEST(a_public_client_s_refresh_tokens_are_bound),
		TEST(a_confidential_client_may_change_its_key),
		TEST(dpop_jkt_binds_the_code),
		TEST(a_client_for_bound_tokens_gets_no_others),
		TEST(a_nonce_lives_for_two_slots),
		TEST(a_nonce_is_of_this_server_or_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
