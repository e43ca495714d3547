/*
 * A store that fails: whichever statement of a request it is, the answer is that fault, nothing has changed, and when the store
 * is back the same request gets what it would have got.
 */
#include "base/unit.h"
#include "oauth/machines.h"
#include "store/breaking.h"

#include <stdlib.h>

#define WEATHER_ASKED "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp&scope=weather:read"
#define OPENID_ASKED WEATHER_ASKED "+openid"
#define TYPE(name) "urn%3Aietf%3Aparams%3Aoauth%3A" name
#define SERVER "&client_id=client_weather&client_secret=" BOT_SECRET
#define SWAPPER "&client_id=ci&client_secret=" KIT_SECRET

struct request {
	const char *sentence;
	str (*before)(struct kit *k); /* while the store is good; what it gives is the request's */
	struct answer (*ask)(struct kit *k, str given);
	enum err good; /* what is answered while nothing fails */
};

static str nothing(struct kit *k)
{
	(void)k;
	return S("");
}

static str member(struct kit *k, const struct answer *a, const char *name)
{
	return json_get_str(kit_json(k, a->body), str_of(name));
}

/* --- authorization, consent, pushed requests */

static str be_strangers(struct kit *k)
{
	k->config_clients[1].trusted = false;
	return S("");
}

static struct answer authorize(struct kit *k, str given)
{
	(void)given;
	return kit_authorize(k, S(KIT_APP WEATHER_ASKED));
}

static str txn_of_a_stranger(struct kit *k)
{
	(void)be_strangers(k);
	return kit_param(k, authorize(k, S("")).location, "txn");
}

static struct answer look(struct kit *k, str txn)
{
	return kit_consent(k, arena_printf(k->mem, "txn=%.*s", FMT(txn)));
}

static struct answer allow(struct kit *k, str txn)
{
	return kit_decide(k, arena_printf(k->mem, "txn=%.*s&decision=allow", FMT(txn)));
}

static struct answer deny(struct kit *k, str txn)
{
	return kit_decide(k, arena_printf(k->mem, "txn=%.*s&decision=deny", FMT(txn)));
}

static struct answer push(struct kit *k, str given)
{
	(void)given;
	return kit_post(k, par_start, LANE_LOOP, S(KIT_APP WEATHER_ASKED));
}

static str pushed(struct kit *k)
{
	struct answer a = push(k, S(""));

	return member(k, &a, "request_uri");
}

static struct answer authorize_pushed(struct kit *k, str uri)
{
	return kit_authorize(k, arena_printf(k->mem, "client_id=app&request_uri=%.*s", FMT(uri)));
}

/* --- tokens */

static struct answer redeem(struct kit *k, str code)
{
	return kit_token(k, kit_redeem_body(k, code));
}

static str spent_code(struct kit *k)
{
	str code = kit_code(k);

	MUST(redeem(k, code).err == OK);
	return code;
}

static str refresh_token(struct kit *k)
{
	return json_get_str(kit_tokens(k), S("refresh_token"));
}

static struct answer refresh(struct kit *k, str token)
{
	return kit_token(k, kit_refresh_body(k, token));
}

static str spent_refresh_token(struct kit *k)
{
	str token = refresh_token(k);

	MUST(refresh(k, token).err == OK);
	return token;
}

static str stolen_refresh_token(struct kit *k)
{
	str token = spent_refresh_token(k);

	k->now += 500; /* the grace is over */
	return token;
}

static struct answer earn(struct kit *k, str given)
{
	(void)given;
	return machines_ask(k, BOT "&scope=weather:read");
}

static str access_token(struct kit *k)
{
	return json_get_str(kit_tokens(k), S("access_token"));
}

static struct answer swap(struct kit *k, str token)
{
	return kit_token(k,
	    arena_printf(k->mem, "grant_type=%s&subject_token=%.*s&subject_token_type=%s&resource=%s" SWAPPER,
		TYPE("grant-type%3Atoken-exchange"), FMT(token), TYPE("token-type%3Aaccess_token"),
		"https%3A%2F%2Fauth.example%2Fnotes%2Fmcp"));
}

/* --- what is said about them, and their end */

static struct answer revoke(struct kit *k, str token)
{
	return kit_revoke(k, arena_printf(k->mem, "client_id=app&token=%.*s", FMT(token)));
}

static struct answer introspect(struct kit *k, str token)
{
	return kit_post(
	    k, introspect_start, LANE_LOOP, arena_printf(k->mem, "token=%.*s" SERVER, FMT(token)));
}

static str token_about_somebody(struct kit *k)
{
	struct answer a = kit_authorize(k, S(KIT_APP OPENID_ASKED));

	a = redeem(k, kit_param(k, a.location, "code"));
	return member(k, &a, "access_token");
}

static struct answer tell_who(struct kit *k, str token)
{
	return kit_send(k,
	    &(struct sent){ .handler = userinfo_show,
		.lane = LANE_LOOP,
		.method = HTTP_GET,
		.path = S("/userinfo"),
		.authorization = arena_printf(k->mem, "Bearer %.*s", FMT(token)) });
}

/* --- devices */

static struct answer begin(struct kit *k, str given)
{
	(void)given;
	return kit_post(k, device_start, LANE_LOOP, S("client_id=app" WEATHER_ASKED));
}

static str user_code(struct kit *k)
{
	struct answer a = begin(k, S(""));

	return member(k, &a, "user_code");
}

static struct answer type(struct kit *k, str code)
{
	return kit_post(k, device_submit, LANE_READ, arena_printf(k->mem, "user_code=%.*s", FMT(code)));
}

static struct answer connect_it(struct kit *k, str code)
{
	return kit_post(
	    k, device_submit, LANE_READ, arena_printf(k->mem, "user_code=%.*s&decision=allow", FMT(code)));
}

/* It is this person's from then on, which stays. */
static str typed_code(struct kit *k)
{
	str code = user_code(k);

	MUST(type(k, code).err == OK);
	return code;
}

static str waiting_device(struct kit *k)
{
	struct answer a = begin(k, S(""));

	return member(k, &a, "device_code");
}

static str connected_device(struct kit *k)
{
	struct answer a = begin(k, S(""));

	MUST(connect_it(k, member(k, &a, "user_code")).err == OK);
	return member(k, &a, "device_code");
}

static struct answer fetch(struct kit *k, str code)
{
	return kit_token(k,
	    arena_printf(k->mem, "grant_type=%s&client_id=app&device_code=%.*s",
		TYPE("grant-type%3Adevice_code"), FMT(code)));
}

/* --- registrations: one that its id has room for, and one that needs a row */

static struct answer put_large(struct kit *k, str given)
{
	struct buf b = BUF(k->mem);
	(void)given;

	buf_put(&b, S("{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":["));
	for (int i = 0; i < 16; i++)
		buf_printf(&b, "%s\"https://client.example/a/very/long/address/of/a/callback/%d/%0200d\"",
		    i ? "," : "", i, i);
	buf_put(&b, S("]}"));
	return kit_register(k, buf_str(&b));
}

/* "ID TOKEN" of a registration. */
static str registered(struct kit *k)
{
	struct answer a = kit_register(k,
	    S("{\"redirect_uris\":[\"https://client.example/cb\"],\"token_endpoint_auth_method\":\"none\"}"));

	return arena_printf(k->mem, "%.*s %.*s", FMT(member(k, &a, "client_id")),
	    FMT(member(k, &a, "registration_access_token")));
}

static struct answer manage(struct kit *k, enum http_method method, str pair)
{
	str id, token, json = S("");

	MUST(str_cut(pair, ' ', &id, &token));
	if (method == HTTP_PUT)
		json = arena_printf(k->mem,
		    "{\"client_id\":\"%.*s\",\"client_name\":\"Anew\",\"redirect_uris\":[\"https://"
		    "client.example/new\"],"
		    "\"token_endpoint_auth_method\":\"none\"}",
		    FMT(id));
	return kit_manage(k, method, id, token, json);
}

static struct answer see_registration(struct kit *k, str pair)
{
	return manage(k, HTTP_GET, pair);
}

static struct answer change_registration(struct kit *k, str pair)
{
	return manage(k, HTTP_PUT, pair);
}

static struct answer delete_registration(struct kit *k, str pair)
{
	return manage(k, HTTP_DELETE, pair);
}

static const struct request requests[] = {
	{ "somebody is asked", be_strangers, authorize, OK },
	{ "nobody need be asked", nothing, authorize, OK },
	{ "the page is looked at", txn_of_a_stranger, look, OK },
	{ "yes", txn_of_a_stranger, allow, OK },
	{ "no", txn_of_a_stranger, deny, OK },
	{ "a request is pushed", nothing, push, OK },
	{ "and used", pushed, authorize_pushed, OK },
	{ "a code is redeemed", kit_code, redeem, OK },
	{ "a spent code comes again", spent_code, redeem, ERR_CODE_REPLAYED },
	{ "a refresh", refresh_token, refresh, OK },
	{ "a refresh that is said again", spent_refresh_token, refresh, OK },
	{ "a refresh token that was stolen", stolen_refresh_token, refresh, ERR_REFRESH_REUSED },
	{ "a machine's token", nothing, earn, OK },
	{ "a token for a token", access_token, swap, OK },
	{ "a refresh token is taken back", refresh_token, revoke, OK },
	{ "an access token is taken back", access_token, revoke, OK },
	{ "what an access token says", access_token, introspect, OK },
	{ "what a refresh token says", refresh_token, introspect, OK },
	{ "who somebody is", token_about_somebody, tell_who, OK },
	{ "a device begins", nothing, begin, OK },
	{ "its code is typed again", typed_code, type, OK },
	{ "it is connected", typed_code, connect_it, OK },
	{ "it asks too early", waiting_device, fetch, ERR_DEVICE_PENDING },
	{ "it fetches its tokens", connected_device, fetch, OK },
	{ "a registration that needs a row", nothing, put_large, OK },
	{ "a registration is looked at", registered, see_registration, OK },
	{ "a registration is changed", registered, change_registration, OK },
	{ "a registration is deleted", registered, delete_registration, OK },
};

/* A kit whose store breaks as the plan says. */
static void start(struct kit *k, struct fault *plan)
{
	machines_start(k);
	k->clients[0].grant_types = S("authorization_code "
				      "urn:ietf:params:oauth:grant-type:token-exchange");
	k->clients[0].guards = S(WEATHER);
	k->clients[0].scope = S("mcp:tools");
	k->clients[1].grant_types =
	    S("authorization_code refresh_token urn:ietf:params:oauth:grant-type:device_code");
	k->site.resource_count = 3;
	breaking_start(plan, &k->reader, &k->writer);
}

static void goes_well(const struct request *r, struct fault *plan)
{
	struct kit *k = malloc(sizeof *k);

	start(k, plan);
	str given = r->before(k);
	plan->seen_count = 0;
	breaking_err(r->sentence, "nothing", "at once", r->ask(k, given).err, r->good);
	machines_stop(k);
	free(k);
}

static void breaks(const struct request *r, const char *statement)
{
	struct kit *k = malloc(sizeof *k);
	struct fault plan;

	start(k, &plan);
	str given = r->before(k);
	uint64_t state = kit_state(k);
	plan.statement = statement;
	breaking_err(r->sentence, statement, "at once", r->ask(k, given).err, ERR_STORE);
	breaking_holds(r->sentence, statement, "something has changed", kit_state(k) == state);
	plan.statement = NULL;
	breaking_err(r->sentence, statement, "afterwards", r->ask(k, given).err, r->good);
	machines_stop(k);
	free(k);
}

static void whichever_statement_fails(void **state)
{
	size_t statements = 0;
	(void)state;

	log_set_fd(-1);
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct fault plan;
		goes_well(&requests[i], &plan);
		statements += plan.seen_count;
		for (size_t n = 0; n < plan.seen_count; n++)
			breaks(&requests[i], plan.seen[n]);
	}
	assert_int_equal(breaking_wrong, 0);
	assert_true(statements > 2 * COUNT(requests));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(whichever_statement_fails) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
