/* gatehouse backup and restore: a directory that holds a store and the key that opens it. */
#include "base/log.h"
#include "base/time.h"
#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/file.h"
#include "cmd/verbs.h"
#include "store/backup.h"
#include "store/db.h"
#include "store/db_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_MAX 65536

/* The SQLite file; empty, with the sentence said, when the store is something else. */
static str store_path(const struct config *config)
{
	if (str_starts(config->store, S("sqlite:")))
		return str_sub(config->store, sizeof "sqlite:" - 1, config->store.n);
	(void)cli_failed(
	    "this store is PostgreSQL: pg_dump and pg_restore copy it; keep the master_key beside it.");
	return S("");
}

/* A master key that the configuration gives is kept where it comes from. */
static int copy_key(struct cli *cli, const struct config *config, str from, str to)
{
	str key, why;

	if (config->master_key.len)
		return CLI_DONE;
	if (!file_slurp(cli->mem, from, KEY_MAX, &key, &why))
		return cli_failed("the master key %.*s %.*s.", FMT(from), FMT(why));
	enum err e = file_make(arena_copy(cli->mem, to).p, key);
	return e == OK ? CLI_DONE : cli_failed("%.*s cannot be written: %s", FMT(to), err_row(e)->words);
}

static int copy_store(struct cli *cli, str from, str to)
{
	str why = S("");
	enum err e = backup_sqlite(cli->mem, from, to, &why);

	return e == OK
	    ? CLI_DONE
	    : cli_failed("the store %.*s cannot be copied to %.*s: %.*s.", FMT(from), FMT(to), FMT(why));
}

int verb_backup(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	str dir = cli->words[0], path, why;

	if (!config)
		return CLI_FAILED;
	path = store_path(config);
	if (!path.n)
		return CLI_FAILED;
	if (!file_data_dir(cli->mem, config->data_dir, false, &why))
		return cli_failed("%.*s", FMT(why));
	(void)umask(077);
	if (mkdir(arena_copy(cli->mem, dir).p, 0700) != 0)
		return cli_failed("the directory %.*s cannot be made: %s.", FMT(dir), strerror(errno));
	int rc = copy_store(cli, path, arena_printf(cli->mem, "%.*s/gatehouse.db", FMT(dir)));
	if (rc == CLI_DONE)
		rc = copy_key(cli, config, arena_printf(cli->mem, "%.*s/master.key", FMT(config->data_dir)),
		    arena_printf(cli->mem, "%.*s/master.key", FMT(dir)));
	if (rc == CLI_DONE)
		cli_say(
		    "%.*s holds the store%s. Whoever reads it can sign tokens: keep it as you keep keys.\n",
		    FMT(dir),
		    config->master_key.len ? "; its master_key is the one of the configuration"
					   : " and its master key");
	return rc;
}

/* Only a store of this version or older is put in place. */
static int check_copy(struct cli *cli, str path)
{
	struct db *db = NULL;
	str url = arena_printf(cli->mem, "sqlite:%.*s", FMT(path));
	enum err e = db_open(url, DB_READ, &db);

	struct buf why = BUF(cli->mem);
	err_tell(&why, e, db_why(db));
	db_close(db);
	return e == OK
	    ? CLI_DONE
	    : cli_failed("%.*s is no store that can be restored: %.*s", FMT(path), FMT(buf_str(&why)));
}

/* Out of the way, not away: a restore of the wrong copy can be taken back. What belongs to the old file goes with it. */
static int set_aside(struct cli *cli, str path, str mark)
{
	static const char *const tails[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < COUNT(tails); i++) {
		str from = arena_printf(cli->mem, "%.*s%s", FMT(path), tails[i]);
		str to = arena_printf(cli->mem, "%.*s.before-%.*s%s", FMT(path), FMT(mark), tails[i]);
		if (rename(from.p, to.p) != 0 && errno != ENOENT)
			return cli_failed(
			    "%.*s cannot be moved out of the way: %s.", FMT(from), strerror(errno));
	}
	return CLI_DONE;
}

static int put_in_place(struct cli *cli, const struct config *config, str dir, str path)
{
	str mark = arena_printf(cli->mem, "%lld", (long long)time_now());
	str key = arena_printf(cli->mem, "%.*s/master.key", FMT(config->data_dir));
	int rc = set_aside(cli, path, mark);

	if (rc == CLI_DONE && !config->master_key.len)
		rc = set_aside(cli, key, mark);
	if (rc == CLI_DONE)
		rc = copy_store(cli, arena_printf(cli->mem, "%.*s/gatehouse.db", FMT(dir)), path);
	if (rc == CLI_DONE)
		rc = copy_key(cli, config, arena_printf(cli->mem, "%.*s/master.key", FMT(dir)), key);
	if (rc == CLI_DONE)
		cli_say("The store of %.*s is in place. What was there before has .before-%.*s behind its "
			"name.\n",
		    FMT(dir), FMT(mark));
	return rc;
}

int verb_restore(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	str dir = cli->words[0], path, why;

	if (!config)
		return CLI_FAILED;
	path = store_path(config);
	if (!path.n)
		return CLI_FAILED;
	int fd = ask_connect(cli, config);
	if (fd >= 0) {
		close(fd);
		return cli_failed("a daemon runs on %.*s; stop it first.", FMT(config->data_dir));
	}
	if (fd == -2)
		return CLI_FAILED;
	log_set_level(LOG_LEVEL_ERROR);
	(void)umask(077);
	if (!file_data_dir(cli->mem, config->data_dir, true, &why))
		return cli_failed("%.*s", FMT(why));
	if (!config->master_key.len &&
	    file_mode(cli->mem, arena_printf(cli->mem, "%.*s/master.key", FMT(dir))) < 0)
		return cli_failed(
		    "%.*s holds no master.key: without it nothing in the store opens.", FMT(dir));
	int rc = check_copy(cli, arena_printf(cli->mem, "%.*s/gatehouse.db", FMT(dir)));
	return rc == CLI_DONE ? put_in_place(cli, config, dir, path) : rc;
}
