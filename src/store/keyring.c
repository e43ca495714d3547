#include "store/keyring.h"

#include "base/enc.h"
#include "base/id.h"
#include "base/json.h"
#include "crypto/crypto.h"
#include "sql_gen.h"
#include "store/driver.h"
#include "store/seal.h"

/*
 * This folder stands beside jose/, not on it. What it needs of a JWK is its members: the public ones in the
 * one order that RFC 7638 hashes, and all of them in a sealed object that nobody else reads.
 */
static const struct part {
	const char *name;
	size_t at;
	bool private;
} parts[] = {
#define PART(member, name_, private_)                                \
	{                                                            \
		name_, offsetof(struct pkey_parts, member), private_ \
	}
	/* in the order of RFC 7638 section 3.2, `crv` and `kty` between them */
	PART(e, "e", false),
	PART(n, "n", false),
	PART(x, "x", false),
	PART(y, "y", false),
	PART(d, "d", true),
	PART(rsa_d, "rsa_d", true),
	PART(p, "p", true),
	PART(q, "q", true),
	PART(dp, "dp", true),
	PART(dq, "dq", true),
	PART(qi, "qi", true),
#undef PART
};

static const struct alg_row {
	enum alg alg;
	str name, kty, crv;
} algs[] = {
	{ ALG_ES256, S_INIT("ES256"), S_INIT("EC"), S_INIT("P-256") },
	{ ALG_RS256, S_INIT("RS256"), S_INIT("RSA"), S_INIT("") },
	{ ALG_PS256, S_INIT("PS256"), S_INIT("RSA"), S_INIT("") },
	{ ALG_EDDSA, S_INIT("EdDSA"), S_INIT("OKP"), S_INIT("Ed25519") },
};

static const str state_words[] = {
	[KEY_NEXT] = S_INIT("next"),
	[KEY_ACTIVE] = S_INIT("active"),
	[KEY_RETIRING] = S_INIT("retiring"),
};

static const struct alg_row *alg_row(enum alg alg)
{
	for (size_t i = 0; i < COUNT(algs); i++)
		if (algs[i].alg == alg)
			return &algs[i];
	return NULL;
}

static enum alg alg_named(str name)
{
	for (size_t i = 0; i < COUNT(algs); i++)
		if (str_eq(algs[i].name, name))
			return algs[i].alg;
	return ALG_NONE;
}

static str *part_of(struct pkey_parts *p, const struct part *row)
{
	return (str *)(void *)((char *)p + row->at);
}

static void put_part(struct jout *j, struct arena *mem, struct pkey_parts *p, const struct part *row)
{
	str v = *part_of(p, row);

	if (v.n)
		jout_str(j, str_of(row->name), b64url_write(mem, v));
}

/* Exactly the members of RFC 7638, in order and without blanks, so its SHA-256 is the thumbprint. */
static str public_text(struct arena *mem, struct pkey_parts *p)
{
	const struct alg_row *a = alg_row(p->alg);
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str_opt(&j, S("crv"), a->crv);
	put_part(&j, mem, p, &parts[0]);
	jout_str(&j, S("kty"), a->kty);
	for (size_t i = 1; i < COUNT(parts); i++)
		if (!parts[i].private)
			put_part(&j, mem, p, &parts[i]);
	jout_end(&j);
	return buf_str(&b);
}

static str private_text(struct arena *mem, struct pkey_parts *p)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	for (size_t i = 0; i < COUNT(parts); i++)
		put_part(&j, mem, p, &parts[i]);
	jout_end(&j);
	return buf_str(&b);
}

static enum err key_from_text(struct arena *mem, str alg, str text, struct pkey **out)
{
	struct pkey_parts p = { .alg = ALG_NONE };
	const struct json *o;

	p.alg = alg_named(alg);
	if (p.alg == ALG_NONE || json_parse(mem, text, &o, NULL) != OK)
		return ERR_KEY_BAD;
	for (size_t i = 0; i < COUNT(parts); i++)
		if (b64url_parse(mem, json_get_str(o, str_of(parts[i].name)), part_of(&p, &parts[i])) != OK)
			return ERR_KEY_BAD;
	return pkey_from_parts(&p, out);
}

/* A row bears its tenant, number and name inside the seal: none can stand in for another. */
static str place(struct arena *mem, int64_t tenant, int64_t id, str kid)
{
	return arena_printf(mem, "signing_key/%lld/%lld/%.*s", (long long)tenant, (long long)id, FMT(kid));
}

/* ---- making ---- */

struct maker {
	struct arena *mem;
	struct secret master;
	int64_t tenant, now_ms;
	enum alg alg; /* of the keys to be made */
};

static enum err put_key(struct db *db, const struct maker *m, struct pkey *key, enum key_state state)
{
	struct pkey_parts p;

	TRY(pkey_to_parts(m->mem, key, true, &p));
	struct signing_key_put_in in = { .id = id_make(m->now_ms, rand_u32()),
		.tenant = m->tenant,
		.alg = alg_row(p.alg)->name,
		.state = state_words[state],
		.public = public_text(m->mem, &p),
		.now = m->now_ms / 1000 };
	in.kid = b64url_write(m->mem, sha256_str(m->mem, in.public));
	TRY(seal_close(m->mem, m->master, place(m->mem, m->tenant, in.id, in.kid),
	    secret_of(private_text(m->mem, &p)), &in.sealed));
	return q_signing_key_put(db, m->mem, &in, NULL);
}

static enum err make_key(struct db *db, const struct maker *m, enum key_state state)
{
	struct pkey *key;

	TRY(pkey_make(m->alg, &key));
	enum err e = put_key(db, m, key, state);
	pkey_unref(key);
	return e;
}

static enum err move_key(struct db *db, const struct maker *m, int64_t id, enum key_state state)
{
	const struct signing_key_move_in in = {
		.id = id, .tenant = m->tenant, .state = state_words[state], .now = m->now_ms / 1000
	};

	return q_signing_key_move(db, m->mem, &in, NULL);
}

/* The oldest row in a state; NULL when there is none. */
static const struct signing_key_live_out *first_in(
    const struct signing_key_live_out *rows, size_t n, enum key_state state)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].state, state_words[state]))
			return &rows[i];
	return NULL;
}

static enum err read_rows(
    struct db *db, const struct maker *m, const struct signing_key_live_out **rows, size_t *n)
{
	return q_signing_key_live(db, m->mem, &(struct signing_key_live_in){ .tenant = m->tenant }, rows, n);
}

static bool of_alg(const struct signing_key_live_out *row, enum alg alg)
{
	return row && alg_named(row->alg) == alg;
}

/* It has signed nothing, so nobody will miss it. */
static enum err discard(struct db *db, const struct maker *m, const struct signing_key_live_out *row)
{
	const struct signing_key_discard_in in = {
		.id = row->id, .tenant = m->tenant, .now = m->now_ms / 1000, .nothing = S("")
	};

	return q_signing_key_discard(db, m->mem, &in, NULL);
}

/* ---- the algorithm that was asked for the last time ---- */

static str wish_name(const struct maker *m)
{
	return arena_printf(m->mem, "signing_alg/%lld", (long long)m->tenant);
}

static enum err is_wished(struct db *db, const struct maker *m, bool *out)
{
	struct meta_get_out row;
	enum err e = q_meta_get(db, m->mem, &(struct meta_get_in){ .name = wish_name(m) }, &row);

	*out = e == OK && str_eq(row.value, alg_row(m->alg)->name);
	return e == ERR_NOT_FOUND ? OK : e;
}

/* Looks again: the transaction sees what another node may have made meanwhile. */
static enum err make_missing(struct db *db, void *arg)
{
	const struct maker *m = arg;
	const struct signing_key_live_out *rows;
	size_t n;
	bool wished;

	TRY(read_rows(db, m, &rows, &n));
	TRY(is_wished(db, m, &wished));
	const struct signing_key_live_out *next = first_in(rows, n, KEY_NEXT);
	if (!first_in(rows, n, KEY_ACTIVE))
		TRY(make_key(db, m, KEY_ACTIVE));
	if (!wished && next && !of_alg(next, m->alg)) {
		TRY(discard(db, m, next));
		next = NULL;
	}
	if (!next)
		TRY(make_key(db, m, KEY_NEXT));
	struct meta_put_in wish = { .name = wish_name(m), .value = alg_row(m->alg)->name };
	return wished ? OK : q_meta_put(db, m->mem, &wish, NULL);
}

/* ---- moving on ---- */

static enum err move_on(struct db *db, const struct maker *m, const struct signing_key_live_out *active,
    const struct signing_key_live_out *next)
{
	if (active)
		TRY(move_key(db, m, active->id, KEY_RETIRING));
	TRY(next ? move_key(db, m, next->id, KEY_ACTIVE) : make_key(db, m, KEY_ACTIVE));
	return make_key(db, m, KEY_NEXT);
}

enum err keyring_rotate(struct db *db, struct arena *mem, struct secret master, int64_t tenant, enum alg alg,
    int64_t now_ms, int64_t *signs_at)
{
	struct maker m = { .mem = mem, .master = master, .tenant = tenant, .now_ms = now_ms, .alg = alg };
	const struct signing_key_live_out *rows;
	size_t n;

	*signs_at = 0;
	TRY(read_rows(db, &m, &rows, &n));
	const struct signing_key_live_out *active = first_in(rows, n, KEY_ACTIVE),
					  *next = first_in(rows, n, KEY_NEXT);
	if (m.alg == ALG_NONE)
		m.alg = next ? alg_named(next->alg) : active ? alg_named(active->alg) : ALG_ES256;
	if (!active || of_alg(next, m.alg))
		return move_on(db, &m, active, next);
	if (next)
		TRY(discard(db, &m, next));
	*signs_at = now_ms / 1000 + KEY_PUBLISH_SECONDS;
	return make_key(db, &m, KEY_NEXT);
}

static const struct signing_key_live_out *due(
    const struct maker *m, const struct signing_key_live_out *rows, size_t n)
{
	const struct signing_key_live_out *active = first_in(rows, n, KEY_ACTIVE),
					  *next = first_in(rows, n, KEY_NEXT);

	return active && next && !str_eq(active->alg, next->alg) &&
		next->created + KEY_PUBLISH_SECONDS <= m->now_ms / 1000
	    ? next
	    : NULL;
}

#define NEWS_SECONDS 3600 /* other nodes read the feed within half a second */

static enum err settle(struct db *db, void *arg)
{
	struct maker m = *(const struct maker *)arg;
	const struct signing_key_live_out *rows;
	size_t n;

	TRY(read_rows(db, &m, &rows, &n));
	const struct signing_key_live_out *next = due(&m, rows, n);
	if (!next)
		return OK; /* another node was first */
	int64_t now = m.now_ms / 1000;
	struct revocation_put_in news = {
		.tenant = m.tenant, .kind = S("key"), .at = now, .until = now + NEWS_SECONDS
	};
	m.alg = alg_named(next->alg);
	TRY(move_on(db, &m, first_in(rows, n, KEY_ACTIVE), next));
	return q_revocation_put(db, m.mem, &news, NULL);
}

enum err keyring_settle(
    struct db *db, struct arena *mem, struct secret master, int64_t tenant, int64_t now_ms, bool *changed)
{
	struct maker m = { .mem = mem, .master = master, .tenant = tenant, .now_ms = now_ms };
	const struct signing_key_live_out *rows;
	size_t n;

	*changed = false;
	TRY(read_rows(db, &m, &rows, &n));
	if (!due(&m, rows, n))
		return OK;
	TRY(db_do(db, settle, &m));
	*changed = true;
	return OK;
}

/* ---- loading ---- */

void keyring_free(struct keyring *ring)
{
	for (size_t i = 0; i < ring->count; i++)
		pkey_unref(ring->keys[i].key);
	*ring = (struct keyring){ 0 };
}

static enum err open_key(const struct maker *m, const struct signing_key_live_out *row, struct ring_key *out)
{
	struct secret text;

	*out = (struct ring_key){ .id = row->id,
		.kid = row->kid,
		.state = row->state,
		.created = row->created,
		.changed = row->changed };
	for (size_t i = 0; i < COUNT(state_words); i++)
		if (str_eq(row->state, state_words[i]))
			out->at = (enum key_state)i;
	TRY(seal_open(m->mem, m->master, place(m->mem, m->tenant, row->id, row->kid), row->sealed, &text));
	return key_from_text(m->mem, row->alg, (str){ (const char *)text.bytes, text.len }, &out->key);
}

enum err keyring_load(struct db *db, struct arena *mem, struct secret master, int64_t tenant, enum alg alg,
    int64_t now_ms, struct keyring *out)
{
	struct maker m = { .mem = mem, .master = master, .tenant = tenant, .now_ms = now_ms, .alg = alg };
	const struct signing_key_live_out *rows;
	size_t n;
	bool wished;

	*out = (struct keyring){ 0 };
	TRY(read_rows(db, &m, &rows, &n));
	TRY(is_wished(db, &m, &wished));
	if (!wished || !first_in(rows, n, KEY_ACTIVE) || !first_in(rows, n, KEY_NEXT)) {
		TRY(db_do(db, make_missing, &m));
		TRY(read_rows(db, &m, &rows, &n));
	}
	struct ring_key *keys = NEW_ARRAY(mem, struct ring_key, n ? n : 1);
	struct keyring ring = { .keys = keys };
	for (size_t i = 0; i < n; i++) {
		enum err e = open_key(&m, &rows[i], &keys[i]);
		if (e != OK) {
			keyring_free(&ring);
			return db_fail(db, e, "signing key %.*s does not open", FMT(rows[i].kid));
		}
		ring.count++;
		if (keys[i].at == KEY_ACTIVE && !ring.active)
			ring.active = &keys[i];
	}
	if (!ring.active) {
		keyring_free(&ring);
		return db_fail(db, ERR_STORE, "no signing key is active");
	}
	*out = ring;
	return OK;
}
