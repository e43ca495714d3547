#include "store/seal.h"

#include "base/enc.h"
#include "crypto/crypto.h"
#include "sql_gen.h"
#include "store/db_file.h"
#include "store/driver.h"

#include <string.h>

#define ROOT_NAME "root"
#define ROOT_PLACE "secret/root"

/* ---- sealing ---- */

static void sealing_key(struct secret master, unsigned char key[32])
{
	kdf_derive(master, S("gatehouse store seal 1"), key);
}

enum err seal_close(struct arena *mem, struct secret master, str place, struct secret plain, str *sealed)
{
	unsigned char key[32];

	sealing_key(master, key);
	enum err e = aead_seal(mem, (struct secret){ key, sizeof key },
	    (str){ (const char *)plain.bytes, plain.len }, place, sealed);
	secret_wipe(key, sizeof key);
	return e;
}

enum err seal_open(struct arena *mem, struct secret master, str place, str sealed, struct secret *plain)
{
	unsigned char key[32];
	str text = S("");

	sealing_key(master, key);
	enum err e = aead_open(mem, (struct secret){ key, sizeof key }, sealed, place, &text);
	secret_wipe(key, sizeof key);
	*plain = secret_of(text);
	return e;
}

/* ---- the root secret ---- */

struct job {
	struct arena *mem;
	struct secret master;
	struct secret root;
};

static enum err read_root(struct db *db, struct job *j)
{
	struct secret_get_out row;

	TRY(q_secret_get(db, j->mem, &(struct secret_get_in){ .name = S(ROOT_NAME) }, &row));
	enum err e = seal_open(j->mem, j->master, S(ROOT_PLACE), row.sealed, &j->root);
	if (e == ERR_SEAL_BROKEN || (e == OK && j->root.len != ROOT_SIZE))
		return db_fail(db, ERR_SEAL_BROKEN, "this store was made with another master_key");
	return e;
}

/* What was written first is read back, whoever wrote it. */
static enum err make_root(struct db *db, void *arg)
{
	struct job *j = arg;
	unsigned char *fresh = arena_alloc(j->mem, ROOT_SIZE);
	struct secret_put_in in = { .name = S(ROOT_NAME) };

	rand_bytes(fresh, ROOT_SIZE);
	TRY(seal_close(j->mem, j->master, S(ROOT_PLACE), (struct secret){ fresh, ROOT_SIZE }, &in.sealed));
	secret_wipe(fresh, ROOT_SIZE);
	TRY(q_secret_put(db, j->mem, &in, NULL));
	return read_root(db, j);
}

enum err store_secrets_load(struct db *db, struct arena *mem, struct secret master, struct store_secrets *out)
{
	struct job j = { .mem = mem, .master = master };

	if (master.len < MASTER_KEY_MIN)
		return db_fail(db, ERR_STORE, "master_key has %zu bytes; it needs at least %d random ones",
		    master.len, MASTER_KEY_MIN);
	enum err e = read_root(db, &j);
	if (e == ERR_NOT_FOUND)
		e = db_do(db, make_root, &j);
	out->root = j.root;
	return e;
}

/* ---- the master key's file ---- */

#define MASTER_KEY_FILE_MAX 4096

static str trimmed(str s)
{
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == ' '))
		s.n--;
	return s;
}

static enum err make_master_key(struct arena *mem, const char *path)
{
	unsigned char fresh[32];

	rand_bytes(fresh, sizeof fresh);
	str text = b64url_write(mem, (str){ (const char *)fresh, sizeof fresh });
	secret_wipe(fresh, sizeof fresh);
	enum err e = file_make(path, arena_printf(mem, "%.*s\n", FMT(text)));
	return e == ERR_STORE_CONFLICT ? OK : e; /* another node was faster */
}

enum err master_key_load(struct arena *mem, str data_dir, struct secret *out)
{
	const char *path;
	str text;

	TRY(file_check_dir(mem, arena_printf(mem, "%.*s/master.key", FMT(data_dir)), true, &path));
	enum err e = file_read(mem, path, MASTER_KEY_FILE_MAX, &text);
	if (e == ERR_NOT_FOUND) {
		TRY(make_master_key(mem, path));
		e = file_read(mem, path, MASTER_KEY_FILE_MAX, &text);
	}
	if (e != OK)
		return e == ERR_NOT_FOUND ? ERR_STORE : e;
	text = trimmed(text);
	if (text.n < MASTER_KEY_MIN)
		return db_fail(NULL, ERR_STORE,
		    "%s is shorter than %d bytes; restore the key that this store was made with", path,
		    MASTER_KEY_MIN);
	*out = secret_of(text);
	return OK;
}
