#include "model/habits.h"

#include "base/enc.h"
#include "base/json.h"
#include "base/url.h"
#include "model/scope.h"

#include <string.h>

#define OBSERVED HABITS_OBSERVED
#define READ HABITS_READ
#define ADDRESS_ONLY HABITS_ADDRESS_ONLY
#define CLIENT(word_, id_, name_, basis_, ...) \
	{ .id = S_INIT(id_), .name = S_INIT(name_), .basis = basis_, ##__VA_ARGS__ },
const struct habits known_habits[] = {
#include "clients.def"
};
#undef OBSERVED
#undef READ
#undef ADDRESS_ONLY
const size_t known_habits_count = COUNT(known_habits);

const struct habits *habits_find(str id)
{
	for (size_t i = 0; i < known_habits_count; i++)
		if (str_eq(known_habits[i].id, id))
			return &known_habits[i];
	return NULL;
}

const struct known_client *habits_document(const struct habits *h)
{
	for (size_t i = 0; i < known_client_count; i++)
		if (known_clients[i].match == KNOWN_DOCUMENT && str_eq(known_clients[i].id, h->id))
			return &known_clients[i];
	return NULL;
}

/* ---- addresses ---------------------------------------------------------------------------------------------------- */

/* What stands in braces, as some installation would have it. */
static str fill(struct arena *mem, str text, int port)
{
	const struct {
		str place, value;
	} rows[] = {
		{ S("{port}"), arena_printf(mem, "%d", port) },
		{ S("{host}"), S("client.example") },
		{ S("{id}"), S("selftest") },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		ptrdiff_t at = str_find(text, rows[i].place);
		if (at >= 0)
			text = arena_printf(mem, "%.*s%.*s%.*s", FMT(str_sub(text, 0, (size_t)at)),
			    FMT(rows[i].value), FMT(str_sub(text, (size_t)at + rows[i].place.n, text.n)));
	}
	return text;
}

/* A loopback address without a port is asked for with one (RFC 8252 section 7.3). */
static str with_port(struct arena *mem, str uri, int port)
{
	struct url u;

	if (url_parse(uri, &u) != OK || !url_loopback(&u) || u.port >= 0)
		return uri;
	return arena_printf(mem, "http://%.*s:%d%.*s", FMT(u.host), port, FMT(u.path));
}

static bool has_described(const struct habits *h)
{
	for (size_t i = 0; i < known_client_count; i++)
		if (str_eq(known_clients[i].id, h->id) && known_clients[i].use == KNOWN_DESCRIBED)
			return true;
	return false;
}

bool habits_address(struct arena *mem, const struct habits *h, bool documented, size_t n, int port,
    str *registered, str *asked)
{
	enum known_use use = documented && has_described(h) ? KNOWN_DESCRIBED : KNOWN_SENT;

	for (size_t i = 0; i < known_client_count; i++) {
		const struct known_client *k = &known_clients[i];
		if (!str_eq(k->id, h->id) || k->match == KNOWN_DOCUMENT || k->use != use || n-- > 0)
			continue;
		*registered = fill(mem, k->uri, port);
		*asked = with_port(mem, *registered, port);
		return true;
	}
	return false;
}

/* ---- what it sends ------------------------------------------------------------------------------------------------ */

str habits_scope(struct arena *mem, const struct habits *h, const struct habits_facts *f)
{
	if (h->scope)
		return str_of(h->scope);
	if (h->scope_from == SCOPE_ALL)
		return f->listed;
	bool offline = h->scope_from == SCOPE_OFFLINE_TOO || h->scope_from == SCOPE_UNREGISTERED;
	return offline && str_list_has(f->listed, ' ', SCOPE_OFFLINE)
	    ? scope_union(mem, f->challenged, SCOPE_OFFLINE)
	    : f->challenged;
}

static bool registers_scope(const struct habits *h)
{
	return h->scope || (h->scope_from != SCOPE_UNSAID && h->scope_from != SCOPE_UNREGISTERED);
}

str habits_registration(struct arena *mem, const struct habits *h, const struct habits_facts *f)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);
	str registered, asked;

	jout_object(&j, S(""));
	jout_str(&j, S("client_name"), h->client_name ? str_of(h->client_name) : h->name);
	jout_array(&j, S("redirect_uris"));
	for (size_t i = 0; habits_address(mem, h, false, i, f->port, &registered, &asked); i++)
		jout_str(&j, S(""), registered);
	jout_end(&j);
	jout_words(&j, S("grant_types"),
	    h->grant_types ? str_of(h->grant_types) : S("authorization_code refresh_token"));
	jout_words(&j, S("response_types"), S("code"));
	jout_strz(&j, S("token_endpoint_auth_method"), h->method ? h->method : "none");
	if (registers_scope(h))
		jout_str_opt(&j, S("scope"), habits_scope(mem, h, f));
	if (h->type)
		jout_strz(&j, S("application_type"), h->type);
	jout_end(&j);
	if (h->extra) {
		b.n--; /* before the last brace */
		buf_printf(&b, ",%.*s}", FMT(fill(mem, str_of(h->extra), f->port)));
	}
	return buf_str(&b);
}

static void put(struct buf *b, const char *name, str value)
{
	if (!value.n)
		return;
	buf_printf(b, "%s%s=", b->n ? "&" : "", name);
	percent_write(b, value);
}

str habits_authorize(struct arena *mem, const struct habits *h, const struct habits_facts *f, str client_id,
    str redirect_uri, const char *prompt, str state, str challenge)
{
	struct buf b = BUF(mem);

	put(&b, "response_type", S("code"));
	put(&b, "client_id", client_id);
	put(&b, "code_challenge", challenge);
	put(&b, "code_challenge_method", S("S256"));
	put(&b, "redirect_uri", redirect_uri);
	put(&b, "state", state);
	put(&b, "scope", habits_scope(mem, h, f));
	put(&b, "prompt", str_of(prompt));
	put(&b, "resource", f->resource);
	return buf_str(&b);
}

/* ---- words -------------------------------------------------------------------------------------------------------- */

const char *habits_basis_words(enum habits_basis basis)
{
	static const char *const words[] = {
		[HABITS_OBSERVED] = "observed", [HABITS_READ] = "read", [HABITS_ADDRESS_ONLY] = "address only"
	};

	return words[basis];
}

const char *habits_scope_words(enum habits_scope scope)
{
	static const char *const words[] = { [SCOPE_UNSAID] = "none",
		[SCOPE_CHALLENGED] = "challenged",
		[SCOPE_OFFLINE_TOO] = "challenged and offline_access",
		[SCOPE_UNREGISTERED] = "challenged and offline_access, not registered",
		[SCOPE_ALL] = "all" };

	return words[scope];
}

const char *habits_registers_words(enum habits_registers registers)
{
	static const char *const words[] = { [REGISTERS_ONCE] = "once",
		[REGISTERS_ANEW] = "for every run",
		[REGISTERS_UNUSED] = "also without a sign-in" };

	return words[registers];
}

str habits_refresh_words(struct arena *mem, unsigned refresh)
{
	static const struct {
		unsigned bit;
		const char *word;
	} rows[] = {
		{ REFRESH_ASKED_SCOPE, "asked-scope" },
		{ REFRESH_GRANTED_SCOPE, "granted-scope" },
		{ REFRESH_TWICE, "twice" },
		{ REFRESH_EARLY, "early" },
	};
	struct buf b = BUF(mem);

	for (size_t i = 0; i < COUNT(rows); i++)
		if (refresh & rows[i].bit)
			buf_printf(&b, "%s%s", b.n ? " " : "", rows[i].word);
	return buf_str(&b);
}
