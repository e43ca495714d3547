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

	for (size_t i = 0; i < COUNT(algs); i++)
		if (str_eq(algs[i].name, alg))
			p.alg = algs[i].alg;
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

	TRY(pkey_make(ALG_ES256, &key));
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

/* Looks again: the transaction sees what another node may have made meanwhile. */
static enum err make_active(struct db *db, void *arg)
{
	const struct maker *m = arg;
	const struct signing_key_live_out *rows;
	size_t n;

	TRY(read_rows(db, m, &rows, &n));
	return first_in(rows, n, KEY_ACTIVE) ? OK : make_key(db, m, KEY_ACTIVE);
}

enum err keyring_rotate(
    struct db *db, struct arena *mem, struct secret master, int64_t tenant, int64_t now_ms)
{
	const struct maker m = { .mem = mem, .master = master, .tenant = tenant, .now_ms = now_ms };
	const struct signing_key_live_out *rows;
	size_t n;

	TRY(read_rows(db, &m, &rows, &n));
	const struct signing_key_live_out *active = first_in(rows, n, KEY_ACTIVE),
					  *next = first_in(rows, n, KEY_NEXT);
	if (active)
		TRY(move_key(db, &m, active->id, KEY_RETIRING));
	TRY(next ? move_key(db, &m, next->id, KEY_ACTIVE) : make_key(db, &m, KEY_ACTIVE));
	return make_key(db, &m, KEY_NEXT);
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

enum err keyring_load(struct db *db, struct arena *mem, struct secret master, int64_t tenant, int64_t now_ms,
    struct keyring *out)
{
	struct maker m = { .mem = mem, .master = master, .tenant = tenant, .now_ms = now_ms };
	const struct signing_key_live_out *rows;
	size_t n;

	*out = (struct keyring){ 0 };
	TRY(read_rows(db, &m, &rows, &n));
	if (!first_in(rows, n, KEY_ACTIVE)) {
		TRY(db_do(db, make_active, &m));
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
