#include "app/site_load.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/config_load.h"
#include "cmd/file.h"
#include "cmd/local.h"
#include "cmd/verbs.h"
#include "crypto/crypto.h"
#include "login/first.h"
#include "login/password.h"
#include "store/db.h"

struct owner {
	struct arena *mem;
	int64_t tenant, now, user;
	str email, name, phc;
};

static enum err make_owner(struct db *db, void *arg)
{
	struct owner *o = arg;

	return owner_make(db, o->mem, o->tenant, o->now, o->email, o->name, o->phc, &o->user);
}

/* What the verb was told, checked before anything is made. */
static int read_owner(struct cli *cli, struct owner *o, str *password)
{
	str admin = cli_value(cli, S("--admin")), host;
	str fault;

	if (!admin.p)
		return cli_wrong(cli, "--admin EMAIL is missing.");
	if (!cli_has(cli, S("--password-stdin")))
		return cli_wrong(cli,
		    "--password-stdin is missing: the password comes on standard input, so that it stands in "
		    "no history.");
	if (text_email(cli->mem, admin, &o->email) != OK)
		return cli_failed("`%.*s` is not an e-mail address.", FMT(admin));
	o->name = cli_value(cli, S("--name"));
	if (!o->name.n)
		(void)str_cut(o->email, '@', &o->name, &host);
	if (!text_name_ok(o->name, 1020))
		return cli_failed("the name must hold visible characters only.");
	*password = file_stdin_line(cli->mem, PASSWORD_MAX + 1);
	if (!password->p)
		return cli_failed("there is no password on standard input.");
	fault = password_fault(*password, *password, o->email);
	return fault.n ? cli_failed("%.*s", FMT(fault)) : CLI_DONE;
}

/* The store with its keys; everything that serve would make. */
static int open_store(struct cli *cli, const struct config *config, struct db **db, struct house_site **site)
{
	struct buf why = BUF(cli->mem);
	str store = local_store_words(cli->mem, config);

	enum err e = db_open(config->store, DB_WRITE, db);
	if (e == OK)
		e = db_migrate(*db);
	if (e != OK) {
		err_tell(&why, e, db_why(*db));
		return cli_failed("the store %.*s: %.*s", FMT(store), FMT(buf_str(&why)));
	}
	if (site_load(config, *db, time_now() * 1000, site, &why) != OK)
		return cli_failed("%.*s", FMT(buf_str(&why)));
	return CLI_DONE;
}

static int init(struct cli *cli, const struct config *config, struct owner *o, str password)
{
	struct db *db = NULL;
	struct house_site *site = NULL;
	int rc = open_store(cli, config, &db, &site);

	if (rc == CLI_DONE && pwhash_make(cli->mem, secret_of(password), &o->phc) != OK)
		rc = cli_failed("the password could not be hashed.");
	if (rc == CLI_DONE && site) {
		o->tenant = site->site.tenant.id;
		enum err e = db_do(db, make_owner, o);
		if (e == ERR_SETUP_DONE)
			rc = cli_failed(
			    "this store has an owner already; gatehouse link EMAIL makes a sign-in link.");
		else if (e != OK)
			rc = cli_failed("the owner could not be made: %s", err_row(e)->words);
	}
	if (site)
		site_unref(&site->site);
	db_close(db);
	return rc;
}

int verb_init(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	struct owner o = { .mem = cli->mem, .now = time_now() };
	str password, why;

	if (!config)
		return CLI_FAILED;
	int rc = read_owner(cli, &o, &password);
	if (rc != CLI_DONE)
		return rc;
	log_set_level(LOG_LEVEL_ERROR);
	if (!file_data_dir(cli->mem, config->data_dir, true, &why))
		return cli_failed("%.*s", FMT(why));
	if (crypto_start() != OK)
		return cli_failed("the crypto library does not start.");
	rc = init(cli, config, &o, password);
	if (rc == CLI_DONE)
		cli_say("%.*s owns this Gatehouse now. Next: gatehouse serve\n", FMT(o.email));
	return rc;
}
