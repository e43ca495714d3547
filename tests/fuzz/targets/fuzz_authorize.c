/* /authorize and /consent over a store in memory: no answer leads anywhere but to a registered redirect URI or to a page of ours. covers: src/oauth/authorize.c src/oauth/ask.c src/oauth/ask_row.c src/oauth/respond.c src/oauth/consent.c src/oauth/code.c src/oauth/params.c src/model/resource.c */
#include "../../unit/oauth/kit.h"

#include "model/redirect.h"
#include "oauth/handlers.h"
#include "store/db.h"

/* The first byte of an input. */
enum { POSTED = 1, SIGNED_IN = 2, TRUSTED = 4, DENY = 8, OTHER_BROWSER = 16, LATER = 32, CHOICE = 64 };

static struct kit kit;

/* Where a redirect of ours may go. */
static void check_location(struct kit *k, str location)
{
	str page = S(ISSUER "/"), base;

	if (location.n == 0)
		return;
	MUST(str_within(location, 0x21, 0x7e));
	if (str_starts(location, page)) {
		MUST(str_find(location, S("code=")) < 0);
		return;
	}
	ptrdiff_t q = str_index(location, '?');
	base = q < 0 ? location : str_sub(location, 0, (size_t)q);
	bool registered = false;
	for (size_t i = 0; i < k->site.client_count; i++)
		registered |= redirect_among(k->clients[i].redirect_uris, base);
	MUST(registered && str_eq(kit_param(k, location, "iss"), S(ISSUER)));
	MUST(!kit_param(k, location, "code").p != !kit_param(k, location, "error").p);
}

static struct answer check(struct kit *k, struct answer a)
{
	if (a.err != OK)
		MUST(err_row(a.err)->kind == ERR_KIND_REFUSAL);
	check_location(k, a.location);
	return a;
}

static void go_on(struct kit *k, unsigned flags, str location)
{
	str txn = kit_param(k, location, "txn");

	if (!txn.n)
		return;
	k->now += flags & LATER ? 700 : 1;
	if (!(flags & SIGNED_IN))
		kit_sign_in(k, k->now);
	if (flags & OTHER_BROWSER)
		k->browser = S("another");
	if (flags & CHOICE)
		k->site.resource_count = 1; /* a resource went away meanwhile */
	(void)check(k, kit_consent(k, arena_printf(k->mem, "txn=%.*s", FMT(txn))));
	(void)check(k,
	    kit_decide(
		k, arena_printf(k->mem, "txn=%.*s&decision=%s", FMT(txn), flags & DENY ? "deny" : "allow")));
}

static void run(struct kit *k, unsigned flags, str text)
{
	struct sent s = { authorize_start, LANE_READ, flags & POSTED ? HTTP_POST : HTTP_GET,
		S("/authorize") };

	k->now = KIT_NOW;
	k->browser = S("the-browser-of-ann");
	k->site.resource_count = flags & CHOICE ? 3 : 2;
	k->config_clients[1].trusted = flags & TRUSTED;
	k->actor = (struct actor){ 0 };
	if (flags & SIGNED_IN)
		kit_sign_in(k, k->now - 100);
	s.query = flags & POSTED ? S("") : text;
	s.body = flags & POSTED ? text : S("");
	s.type = flags & POSTED ? S("application/x-www-form-urlencoded") : S("");
	struct answer a = check(k, kit_send(k, &s));
	if (!(flags & SIGNED_IN))
		MUST(str_find(a.location, S("code=gh_ac_")) < 0);
	go_on(k, flags, a.location);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int runs;
	struct kit *k = &kit;

	if (runs++ == 0)
		kit_start(k);
	if (size == 0 || size > 60000)
		return 0;
	struct arena *whole = k->mem;
	k->mem = arena_new(8 << 20);
	run(k, data[0], (str){ (const char *)data + 1, size - 1 });
	if (runs % 64 == 0)
		kit_sql(k, "DELETE FROM txn; DELETE FROM code; DELETE FROM audit; DELETE FROM consent");
	arena_unref(k->mem);
	k->mem = whole;
	return 0;
}
