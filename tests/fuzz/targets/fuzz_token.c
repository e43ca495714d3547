/* /token and /revoke over a store in memory: a token comes only from what was given to this client, once. covers: src/oauth/token.c src/client/client_auth.c src/oauth/grant_code.c src/oauth/grant_refresh.c src/oauth/refresh.c src/oauth/issue.c src/oauth/revoke.c src/oauth/params.c */
#include "../../unit/oauth/kit.h"

#include "oauth/handlers.h"
#include "store/db.h"

/*
 * An input: a byte of flags, the Authorization header (or nothing) up to a line end, then the form. What
 * cannot stand in a kept corpus because it is made anew each time is written @CODE@ (a fresh code of client
 * app), @REFRESH@, @ACCESS@ (fresh tokens of app), @SPENT@ (a refresh token whose successor is unspent),
 * @OLD@ (one whose successor is spent).
 */
enum { REVOKE = 1, LATER = 2, MUCH_LATER = 4, BLOCKED = 8, TWICE = 16, CLIENT_BLOCKED_TOO = 32 };

static struct kit kit;

static str live(struct kit *k, str name)
{
	struct answer a;

	if (str_eq(name, S("CODE")))
		return kit_code(k);
	const struct json *tokens = kit_tokens(k);
	str access = json_get_str(tokens, S("access_token")),
	    refresh = json_get_str(tokens, S("refresh_token"));
	if (str_eq(name, S("ACCESS")))
		return access;
	if (str_eq(name, S("REFRESH")))
		return refresh;
	a = kit_token(k, kit_refresh_body(k, refresh));
	if (str_eq(name, S("OLD")))
		(void)kit_token(
		    k, kit_refresh_body(k, json_get_str(kit_json(k, a.body), S("refresh_token"))));
	return refresh;
}

/* The form with live values for the names between @ and @. */
static str fill(struct kit *k, str text)
{
	static const str names[] = { S_INIT("CODE"), S_INIT("REFRESH"), S_INIT("ACCESS"), S_INIT("SPENT"),
		S_INIT("OLD") };
	struct buf b = BUF(k->mem);
	int filled = 0;

	while (text.n) {
		str part, rest, name, after;
		bool cut = str_cut(text, '@', &part, &rest), known = false;
		buf_put(&b, part);
		for (size_t i = 0; cut && i < COUNT(names) && filled < 3; i++)
			if (str_cut(rest, '@', &name, &after) && str_eq(name, names[i])) {
				buf_put(&b, live(k, names[i]));
				known = true;
				filled++;
				rest = after;
			}
		if (cut && !known)
			buf_char(&b, '@');
		text = rest;
	}
	return buf_str(&b);
}

static void check(struct kit *k, const struct answer *a, unsigned flags)
{
	if (a->err != OK) {
		MUST(err_row(a->err)->kind == ERR_KIND_REFUSAL && a->fail.code == a->err &&
		    err_row(a->err)->status < 500);
		return;
	}
	MUST(a->reply.status == 200);
	const struct json *o = kit_json(k, a->body);
	str token = json_get_str(o, S("access_token"));
	if (flags & REVOKE)
		return;
	MUST(token.n && !(flags & (BLOCKED | CLIENT_BLOCKED_TOO)));
	const struct json *claims = kit_claims(k, token);
	MUST(str_eq(json_get_str(claims, S("aud")), S(WEATHER)) &&
	    str_eq(json_get_str(claims, S("client_id")), S("app")));
	for (JSON_EACH(member, o))
		MUST(member->type != JSON_NULL && (member->type != JSON_STRING || member->text.n));
}

static void run(struct kit *k, unsigned flags, str text)
{
	str header, body;
	struct sent s = { flags & REVOKE ? revoke_start : token_start, LANE_LOOP, HTTP_POST, S("/token") };

	k->now = KIT_NOW;
	kit_sign_in(k, k->now - 100);
	str_cut(text, '\n', &header, &body);
	s.body = fill(k, body);
	s.type = S("application/x-www-form-urlencoded");
	s.authorization = header;
	k->now += (flags & LATER ? 121 : 0) + (flags & MUCH_LATER ? 40 * 86400 : 0);
	if (flags & BLOCKED)
		kit_sql(k, "UPDATE users SET status = 'blocked'");
	if (flags & CLIENT_BLOCKED_TOO)
		kit_sql(k, "UPDATE client SET status = 'blocked'");
	for (int i = 0; i < (flags & TWICE ? 2 : 1); i++) {
		struct answer a = kit_send(k, &s);
		check(k, &a, flags);
	}
	if (flags & (BLOCKED | CLIENT_BLOCKED_TOO))
		kit_sql(k, "UPDATE users SET status = 'active'; UPDATE client SET status = 'active'");
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
	k->mem = arena_new(16 << 20);
	run(k, data[0], (str){ (const char *)data + 1, size - 1 });
	if (runs % 64 == 0)
		kit_sql(k, "DELETE FROM code; DELETE FROM audit; DELETE FROM grants; DELETE FROM revocation");
	arena_unref(k->mem);
	k->mem = whole;
	return 0;
}
