#include "base/log.h"
#include "cmd/config_load.h"
#include "cmd/file.h"
#include "cmd/local.h"
#include "cmd/verbs.h"
#include "crypto/crypto.h"
#include "store/db.h"

int verb_migrate(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	struct db *db = NULL;
	str why;

	if (!config)
		return CLI_FAILED;
	log_set_level(LOG_LEVEL_ERROR);
	if (!file_data_dir(cli->mem, config->data_dir, true, &why))
		return cli_failed("%.*s", FMT(why));
	if (crypto_start() != OK)
		return cli_failed("the crypto library does not start.");
	str store = local_store_words(cli->mem, config);
	enum err e = db_open(config->store, DB_WRITE, &db);
	if (e == OK)
		e = db_migrate(db);
	struct buf told = BUF(cli->mem);
	err_tell(&told, e, db_why(db));
	db_close(db);
	if (e != OK)
		return cli_failed("the store %.*s: %.*s", FMT(store), FMT(buf_str(&told)));
	cli_say("The store %.*s is of this version.\n", FMT(store));
	return CLI_DONE;
}
