/* Registrations: whatever is accepted can be read out of its own id again. covers: src/client/register.c src/client/registration.c src/client/client_seal.c */
#include "../../unit/oauth/kit.h"

#include "client/client.h"
#include "client/handlers.h"
#include "model/redirect.h"
#include "oauth/handlers.h"
#include "store/db.h"

static struct kit kit;

static void check(struct kit *k, const struct json *o)
{
	struct client client;
	struct ctx c = { .mem = k->mem, .site = &k->site, .db = k->reader, .lane = LANE_READ };
	size_t count = 0;

	MUST(client_find(&c, json_get_str(o, S("client_id")), &client) == OK);
	MUST(str_eq(client.name, json_get_str(o, S("client_name"))));
	MUST(str_eq(client.auth_method, json_get_str(o, S("token_endpoint_auth_method"))));
	for (JSON_EACH(uri, json_get(o, S("redirect_uris")))) {
		MUST(redirect_kind(uri->text) != REDIRECT_BAD &&
		    redirect_among(client.redirect_uris, uri->text));
		count++;
	}
	MUST(count <= REDIRECT_COUNT_MAX);
	MUST(count >= 1 ||
	    !client_may(&client, S("authorization_code"))); /* who is sent back somewhere says where */
	str secret = json_get_str(o, S("client_secret"));
	MUST((secret.n > 0) == !str_eq(client.auth_method, S("none")));
	MUST(secret.n == 0 || client_secret_fits(&c, &client, secret_of(secret)));
	for (JSON_EACH(member, o)) /* both SDKs refuse an answer with one of these */
		MUST(member->type != JSON_NULL && (member->type != JSON_STRING || member->text.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int runs;
	struct kit *k = &kit;

	if (runs++ == 0)
		kit_start(k);
	struct arena *whole = k->mem;
	k->mem = arena_new(8 << 20);
	struct answer a = kit_register(k, (str){ (const char *)data, size });
	if (a.err == OK)
		check(k, kit_json(k, a.body));
	else
		MUST(err_row(a.err)->kind == ERR_KIND_REFUSAL && a.fail.code == a.err);
	if (a.writes)
		kit_sql(k, "DELETE FROM client");
	arena_unref(k->mem);
	k->mem = whole;
	return 0;
}
