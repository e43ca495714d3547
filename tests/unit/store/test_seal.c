/* Secrets at rest: the master key's file, the root secret, the signing keys and their lives. */
#include "fixture.h"

#include "core/config.h"
#include "crypto/crypto.h"
#include "sql_gen.h"
#include "store/driver.h"
#include "store/keyring.h"
#include "store/seal.h"
#include "store/sweep.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW_MS 1800000000000
#define TENANT 7

static struct secret master(void)
{
	return secret_of(S("0123456789abcdef0123456789abcdef"));
}

static struct secret other_master(void)
{
	return secret_of(S("fedcba9876543210fedcba9876543210"));
}

/* ---- sealing ---- */

static void what_is_sealed_opens_only_with_its_key_in_its_place(void **state)
{
	struct arena *mem = fixture_arena();
	struct secret plain = secret_of(S("a secret")), back;
	str sealed;

	assert_ok(seal_close(mem, master(), S("a/1"), plain, &sealed));
	assert_true(str_find(sealed, S("secret")) < 0);
	assert_ok(seal_open(mem, master(), S("a/1"), sealed, &back));
	assert_true(secret_eq(back, plain));
	assert_int_equal(seal_open(mem, master(), S("a/2"), sealed, &back), ERR_SEAL_BROKEN);
	assert_int_equal(seal_open(mem, other_master(), S("a/1"), sealed, &back), ERR_SEAL_BROKEN);
	for (size_t i = 0; i < sealed.n; i++) {
		char *bent = NEW_ARRAY(mem, char, sealed.n);
		memcpy(bent, sealed.p, sealed.n);
		bent[i] = (char)(bent[i] ^ 1);
		assert_int_equal(
		    seal_open(mem, master(), S("a/1"), (str){ bent, sealed.n }, &back), ERR_SEAL_BROKEN);
	}
	for (size_t n = 0; n < sealed.n; n++)
		assert_int_equal(
		    seal_open(mem, master(), S("a/1"), str_sub(sealed, 0, n), &back), ERR_SEAL_BROKEN);
}

static void the_root_secret_is_made_once_and_is_random(void **state)
{
	struct arena *mem = fixture_arena();
	struct db *db = store_open(store_fresh(STORE_MEMORY)),
		  *second = store_open(store_fresh(STORE_MEMORY));
	struct store_secrets a, b, c;

	assert_ok(store_secrets_load(db, mem, master(), &a));
	assert_ok(store_secrets_load(db, mem, master(), &b));
	assert_ok(store_secrets_load(second, mem, master(), &c));
	assert_int_equal(a.root.len, ROOT_SIZE);
	assert_true(secret_eq(a.root, b.root));
	assert_false(secret_eq(a.root, c.root));
	db_close(db);
	db_close(second);
}

static void another_master_key_is_told_and_changes_nothing(void **state)
{
	struct arena *mem = fixture_arena();
	struct db *db = store_open(store_fresh(STORE_MEMORY));
	struct store_secrets a, b;
	struct keyring ring;

	assert_ok(store_secrets_load(db, mem, master(), &a));
	assert_ok(keyring_load(db, mem, master(), TENANT, ALG_ES256, NOW_MS, &ring));
	keyring_free(&ring);
	assert_int_equal(store_secrets_load(db, mem, other_master(), &b), ERR_SEAL_BROKEN);
	assert_true(str_find(db_why(db), S("another master_key")) >= 0);
	assert_int_equal(
	    keyring_load(db, mem, other_master(), TENANT, ALG_ES256, NOW_MS, &ring), ERR_SEAL_BROKEN);
	assert_int_equal(store_secrets_load(db, mem, secret_of(S("short")), &b), ERR_STORE);
	assert_ok(store_secrets_load(db, mem, master(), &b));
	assert_true(secret_eq(a.root, b.root));
	db_close(db);
}

/* ---- the master key's file ---- */

static void the_master_key_is_made_once_for_our_eyes_only(void **state)
{
	struct arena *mem = fixture_arena();
	const char *parent = fixture_dir();
	str dir = arena_printf(mem, "%s/data", parent),
	    path = arena_printf(mem, "%s/data/master.key", parent);
	struct secret a, b;
	struct stat st;

	assert_ok(master_key_load(mem, dir, &a));
	assert_ok(master_key_load(mem, dir, &b));
	assert_true(a.len >= MASTER_KEY_MIN && secret_eq(a, b));
	assert_int_equal(stat(dir.p, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(path.p, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(chmod(path.p, 0644), 0);
	assert_int_equal(master_key_load(mem, dir, &b), ERR_STORE);
	assert_true(str_find(db_why(NULL), S("chmod 600")) >= 0);
	assert_int_equal(chmod(path.p, 0600), 0);
	assert_int_equal(truncate(path.p, 5), 0);
	assert_int_equal(master_key_load(mem, dir, &b), ERR_STORE);
	assert_int_equal(truncate(path.p, 5000), 0);
	assert_int_equal(master_key_load(mem, dir, &b), ERR_STORE);
	assert_int_equal(chmod(dir.p, 0755), 0);
	assert_int_equal(master_key_load(mem, dir, &b), ERR_STORE);
	assert_true(str_find(db_why(NULL), S("chmod 700")) >= 0);
}

static void processes_that_begin_together_have_one_master_key(void **state)
{
	enum { PROCESSES = 6 };
	struct arena *mem = fixture_arena();
	str dir = str_of(fixture_dir());
	struct secret mine;
	int out[2], gate[2];

	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() != 0)
			continue;
		char c;
		struct secret key;
		close(gate[1]);
		(void)!read(gate[0], &c, 1);
		if (master_key_load(mem, dir, &key) != OK || write(out[1], key.bytes, 43) != 43)
			_exit(1);
		_exit(0);
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0, status; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_ok(master_key_load(mem, dir, &mine));
	assert_int_equal(mine.len, 43);
	for (int i = 0; i < PROCESSES; i++) {
		char theirs[43];
		assert_int_equal(read(out[0], theirs, 43), 43);
		assert_memory_equal(theirs, mine.bytes, 43);
	}
	close(out[0]);
	close(out[1]);
}

/* ---- signing keys ---- */

static enum err rotate(struct db *db, void *arg)
{
	int64_t at;

	return keyring_rotate(db, arg, master(), TENANT, ALG_NONE, NOW_MS + 5000, &at);
}

static const struct ring_key *by_kid(const struct keyring *ring, str kid)
{
	for (size_t i = 0; i < ring->count; i++)
		if (str_eq(ring->keys[i].kid, kid))
			return &ring->keys[i];
	return NULL;
}

static void a_signature_of_a_loaded_key_verifies_after_loading_it_again(void **state)
{
	struct arena *mem = fixture_arena();
	struct db *db = store_open(store_fresh(STORE_MEMORY));
	struct keyring a, b;
	unsigned char sig[SIGNATURE_MAX];
	size_t n = sizeof sig;

	assert_ok(keyring_load(db, mem, master(), TENANT, ALG_ES256, NOW_MS, &a));
	assert_int_equal(a.count, 2);
	assert_ptr_equal(a.active, &a.keys[a.keys[0].at == KEY_NEXT]);
	assert_int_equal(a.active->created, NOW_MS / 1000);
	assert_int_equal(a.active->kid.n, 43); /* a thumbprint */
	assert_ok(pkey_sign(a.active->key, S("text"), sig, &n));
	assert_ok(keyring_load(db, mem, master(), TENANT, ALG_ES256, NOW_MS, &b));
	assert_true(str_eq(a.active->kid, b.active->kid));
	assert_true(pkey_verify(b.active->key, S("text"), (str){ (char *)sig, n }));
	keyring_free(&a);
	keyring_free(&b);
	/* another tenant has keys of its own */
	assert_ok(keyring_load(db, mem, master(), TENANT + 1, ALG_ES256, NOW_MS, &a));
	assert_int_equal(a.count, 2);
	keyring_free(&a);
	db_close(db);
}

/* Of a retiring key's life: a token of the longest tokens.access_ttl, signed in its last second, and an hour for the clocks. */
#define LAST (ACCESS_TTL_MAX + 3600)

static void a_rotation_goes_next_active_retiring_gone(void **state)
{
	struct arena *mem = fixture_arena();
	struct db *db = store_open(store_fresh(STORE_MEMORY));
	struct keyring first, second, third;
	struct sweep sweep = { 0 };
	bool more;

	assert_ok(keyring_load(db, mem, master(), TENANT, ALG_ES256, NOW_MS, &first));
	assert_ok(db_do(db, rotate, mem));
	assert_ok(keyring_load(db, mem, master(), TENANT, ALG_ES256, NOW_MS, &second));
	assert_int_equal(second.count, 3);
	assert_int_equal(by_kid(&second, first.active->kid)->at, KEY_RETIRING);
	const struct ring_key *next = NULL;
	for (size_t i = 0; i < second.count; i++)
		if (second.keys[i].at == KEY_NEXT)
			next = &second.keys[i];
	assert_non_null(next);
	assert_ok(db_do(db, rotate, mem));
	assert_ok(keyring_load(db, mem, master(), TENANT, ALG_ES256, NOW_MS, &third));
	assert_int_equal(third.count, 4);
	assert_true(str_eq(third.active->kid, next->kid)); /* it had been published before it signed */
	assert_int_equal(by_kid(&third, second.active->kid)->at, KEY_RETIRING);
	keyring_free(&third);
	/*
	 * while the overlap lasts nothing goes; then the private parts are wiped, and the rows stay to be
	 * listed
	 */
	assert_ok(sweep_step(db, mem, TENANT, NOW_MS / 1000 + LAST, &sweep, &more));
	assert_int_equal(store_count(db, "signing_key", "state = 'retiring'"), 2);
	assert_ok(sweep_step(db, mem, TENANT, NOW_MS / 1000 + 5 + LAST + 1, &sweep, &more));
	assert_int_equal(store_count(db, "signing_key", "state = 'gone' AND length(sealed) = 0"), 2);
	assert_ok(keyring_load(db, mem, master(), TENANT, ALG_ES256, NOW_MS, &third));
	assert_int_equal(third.count, 2);
	keyring_free(&first);
	keyring_free(&second);
	keyring_free(&third);
	db_close(db);
}

static void a_sealed_key_does_not_open_in_the_place_of_another(void **state)
{
	struct arena *mem = fixture_arena();
	struct db *db = store_open(store_fresh(STORE_MEMORY));
	struct keyring ring;

	assert_ok(keyring_load(db, mem, master(), TENANT, ALG_ES256, NOW_MS, &ring));
	keyring_free(&ring);
	assert_ok(db_do(db, rotate, mem));
	assert_ok(db->driver->script(db,
	    "UPDATE signing_key SET sealed = (SELECT sealed FROM signing_key WHERE state = 'next')"
	    " WHERE state = 'active'"));
	assert_int_equal(keyring_load(db, mem, master(), TENANT, ALG_ES256, NOW_MS, &ring), ERR_SEAL_BROKEN);
	assert_int_equal(ring.count, 0);
	db_close(db);
}

struct turn {
	struct arena *mem;
	enum alg alg;
	int64_t now_ms, signs_at;
};

static enum err rotate_to(struct db *db, void *arg)
{
	struct turn *t = arg;

	return keyring_rotate(db, t->mem, master(), TENANT, t->alg, t->now_ms, &t->signs_at);
}

static enum alg alg_at(const struct keyring *ring, enum key_state at)
{
	for (size_t i = 0; i < ring->count; i++)
		if (ring->keys[i].at == at)
			return pkey_alg(ring->keys[i].key);
	return ALG_NONE;
}

/* The algorithms of the active and of the next key, loaded with this one asked for. */
static void expect(struct db *db, struct arena *mem, enum alg asked, int64_t now_ms, enum alg active,
    enum alg next, size_t count)
{
	struct keyring ring;

	assert_ok(keyring_load(db, mem, master(), TENANT, asked, now_ms, &ring));
	assert_int_equal(alg_at(&ring, KEY_ACTIVE), active);
	assert_int_equal(alg_at(&ring, KEY_NEXT), next);
	assert_int_equal(ring.count, count);
	keyring_free(&ring);
}

static bool settles(struct db *db, struct arena *mem, int64_t now_ms)
{
	bool changed;

	assert_ok(keyring_settle(db, mem, master(), TENANT, now_ms, &changed));
	return changed;
}

#define AFTER(seconds) (NOW_MS + (seconds)*1000)

static void another_algorithm_is_published_before_it_signs(void **state)
{
	struct arena *mem = fixture_arena();
	struct db *db = store_open(store_fresh(STORE_MEMORY));
	struct turn t = { mem, ALG_EDDSA, AFTER(10), 0 };
	struct sweep sweep = { 0 };
	bool more;

	expect(db, mem, ALG_ES256, NOW_MS, ALG_ES256, ALG_ES256, 2);
	assert_ok(db_do(db, rotate_to, &t));
	assert_int_equal(t.signs_at, NOW_MS / 1000 + 10 + KEY_PUBLISH_SECONDS);
	expect(db, mem, ALG_ES256, AFTER(10), ALG_ES256, ALG_EDDSA, 2);
	assert_int_equal(store_count(db, "signing_key", "state = 'gone' AND length(sealed) = 0"), 1);
	assert_false(settles(db, mem, AFTER(10 + KEY_PUBLISH_SECONDS - 1)));
	expect(db, mem, ALG_ES256, AFTER(100), ALG_ES256, ALG_EDDSA, 2);
	assert_int_equal(store_count(db, "revocation", "kind = 'key'"), 0);
	assert_true(settles(db, mem, AFTER(10 + KEY_PUBLISH_SECONDS)));
	assert_false(
	    settles(db, mem, AFTER(10 + KEY_PUBLISH_SECONDS))); /* also when two nodes look at once */
	assert_int_equal(store_count(db, "revocation", "kind = 'key'"), 1);
	expect(db, mem, ALG_ES256, AFTER(200), ALG_EDDSA, ALG_EDDSA, 3);
	/* what the old one signed is good until it has expired */
	assert_ok(sweep_step(db, mem, TENANT, NOW_MS / 1000 + 130 + LAST, &sweep, &more));
	expect(db, mem, ALG_ES256, AFTER(730), ALG_EDDSA, ALG_EDDSA, 3);
	assert_ok(sweep_step(db, mem, TENANT, NOW_MS / 1000 + 130 + LAST + 1, &sweep, &more));
	expect(db, mem, ALG_ES256, AFTER(731), ALG_EDDSA, ALG_EDDSA, 2);
	/* a rotation without a word stays with what there is */
	t = (struct turn){ mem, ALG_NONE, AFTER(1000), 7 };
	assert_ok(db_do(db, rotate_to, &t));
	assert_int_equal(t.signs_at, 0);
	expect(db, mem, ALG_ES256, AFTER(1000), ALG_EDDSA, ALG_EDDSA, 3);
	db_close(db);
}

static void the_file_decides_when_it_changes(void **state)
{
	struct arena *mem = fixture_arena();
	struct db *db = store_open(store_fresh(STORE_MEMORY));
	struct turn t = { mem, ALG_ES256, AFTER(5), 0 };

	expect(db, mem, ALG_ES256, NOW_MS, ALG_ES256, ALG_ES256, 2);
	expect(db, mem, ALG_RS256, AFTER(1), ALG_ES256, ALG_RS256, 2);
	expect(db, mem, ALG_RS256, AFTER(2), ALG_ES256, ALG_RS256, 2); /* once */
	/* back again before it signed: as if nothing had been */
	expect(db, mem, ALG_ES256, AFTER(3), ALG_ES256, ALG_ES256, 2);
	assert_false(settles(db, mem, AFTER(10000)));
	/* what a rotation asked for is not undone by a file that has not changed */
	t.alg = ALG_EDDSA;
	assert_ok(db_do(db, rotate_to, &t));
	expect(db, mem, ALG_ES256, AFTER(6), ALG_ES256, ALG_EDDSA, 2);
	assert_true(settles(db, mem, AFTER(5 + KEY_PUBLISH_SECONDS)));
	expect(db, mem, ALG_ES256, AFTER(500), ALG_EDDSA, ALG_EDDSA, 3);
	db_close(db);
}

/* A store of the version before had no next key until the first rotation. */
static void an_older_store_gets_its_next_key(void **state)
{
	struct arena *mem = fixture_arena();
	struct db *db = store_open(store_fresh(STORE_MEMORY));

	expect(db, mem, ALG_ES256, NOW_MS, ALG_ES256, ALG_ES256, 2);
	assert_ok(db->driver->script(db,
	    "DELETE FROM signing_key WHERE state = 'next'; DELETE FROM meta WHERE name LIKE "
	    "'signing_alg/%'"));
	expect(db, mem, ALG_ES256, AFTER(1), ALG_ES256, ALG_ES256, 2);
	db_close(db);
}

static void an_rsa_key_has_2048_bits(void **state)
{
	struct arena *mem = fixture_arena();
	struct db *db = store_open(store_fresh(STORE_MEMORY));
	struct keyring ring;
	struct pkey_parts parts;

	assert_ok(keyring_load(db, mem, master(), TENANT, ALG_RS256, NOW_MS, &ring));
	assert_ok(pkey_to_parts(mem, ring.active->key, false, &parts));
	assert_int_equal(parts.n.n, 256);
	assert_int_equal(parts.rsa_d.n, 0);
	keyring_free(&ring);
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_only_with_its_key_in_its_place),
		cmocka_unit_test(the_root_secret_is_made_once_and_is_random),
		cmocka_unit_test(another_master_key_is_told_and_changes_nothing),
		cmocka_unit_test(the_master_key_is_made_once_for_our_eyes_only),
		cmocka_unit_test(processes_that_begin_together_have_one_master_key),
		cmocka_unit_test(a_signature_of_a_loaded_key_verifies_after_loading_it_again),
		cmocka_unit_test(a_rotation_goes_next_active_retiring_gone),
		cmocka_unit_test(a_sealed_key_does_not_open_in_the_place_of_another),
		cmocka_unit_test(another_algorithm_is_published_before_it_signs),
		cmocka_unit_test(the_file_decides_when_it_changes),
		cmocka_unit_test(an_older_store_gets_its_next_key),
		cmocka_unit_test(an_rsa_key_has_2048_bits),
	};

	fixture_quiet();
	return crypto_start() == OK ? cmocka_run_group_tests_name("seal", tests, NULL, NULL) : 1;
}
