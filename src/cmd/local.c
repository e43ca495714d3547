#include "cmd/local.h"

#include "admin/control_run.h"
#include "app/site_load.h"
#include "base/log.h"
#include "base/time.h"
#include "base/url.h"
#include "cmd/file.h"
#include "crypto/crypto.h"
#include "net/recorder.h"
#include "sql_gen.h"
#include "store/db.h"

#include <pwd.h>
#include <unistd.h>

struct local {
	struct cli *cli;
	const struct config *config;
	struct db *read, *write;
	struct house_site *site;
	struct ctx c;
	struct buf out;
	enum err (*step)(struct ctx *c);
};

str local_user(struct arena *mem)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw ? arena_copy(mem, str_of(pw->pw_name)) : arena_printf(mem, "%u", (unsigned)getuid());
}

str local_base_url(struct arena *mem, struct db *db)
{
	struct meta_get_out row;

	return q_meta_get(db, mem, &(struct meta_get_in){ .name = S("base_url") }, &row) == OK ? row.value
											       : S("");
}

/* A verb is told nothing of --listen or --base-url that serve was started with, so what the store was served under counts. */
static const struct config *with_address(struct local *l)
{
	struct config *config = NEW(l->cli->mem, struct config);
	str served = local_base_url(l->cli->mem, l->write);

	*config = *l->config;
	if (!config->base_url_given && served.n)
		config->base_url = served;
	return config;
}

str local_store_words(struct arena *mem, const struct config *config)
{
	struct url u;

	if (str_starts(config->store, S("sqlite:")) || url_parse(config->store, &u) != OK)
		return str_starts(config->store, S("sqlite:")) ? config->store : S("postgres");
	return arena_printf(mem, "%.*s%.*s", FMT(url_origin(mem, &u)), FMT(u.path));
}

static int store_failed(struct local *l, struct db *db, enum err e)
{
	str store = local_store_words(l->cli->mem, l->config);
	struct buf why = BUF(l->cli->mem);

	err_tell(&why, e, db_why(db));
	return cli_failed("the store %.*s: %.*s", FMT(store), FMT(buf_str(&why)));
}

/* Nothing is made here: a verb in the wrong directory should not leave a store behind. */
static int open_all(struct local *l)
{
	const struct config *config = l->config;
	struct buf why = BUF(l->cli->mem);
	str reason, file = config->store;

	if (crypto_start() != OK)
		return cli_failed("the crypto library does not start.");
	if (!file_data_dir(l->cli->mem, config->data_dir, false, &reason))
		return cli_failed("%.*s", FMT(reason));
	if (str_starts(file, S("sqlite:")) && file_mode(l->cli->mem, str_sub(file, 7, file.n)) < 0)
		return cli_failed("there is no store at %.*s; gatehouse serve or gatehouse init makes it.",
		    FMT(str_sub(file, 7, file.n)));
	enum err e = db_open(config->store, DB_WRITE, &l->write);
	if (e != OK)
		return store_failed(l, NULL, e);
	e = db_migrate(l->write);
	if (e != OK)
		return store_failed(l, l->write, e);
	e = db_open(config->store, DB_READ, &l->read);
	if (e != OK)
		return store_failed(l, NULL, e);
	if (site_load(with_address(l), l->write, time_now() * 1000, &l->site, &why) != OK)
		return cli_failed("%.*s", FMT(buf_str(&why)));
	recorder_open(config->data_dir, false);
	return CLI_DONE;
}

static void close_all(struct local *l)
{
	if (l->site) {
		recorder_close();
		site_unref(&l->site->site);
	}
	db_close(l->read);
	db_close(l->write);
}

static enum err write_step(struct db *db, void *arg)
{
	struct local *l = arg;

	l->c.db = db;
	l->c.effects = NULL;
	return l->step(&l->c);
}

/* The steps of one operation, each on its lane as far as there are lanes. */
static enum err run(struct local *l, enum err e)
{
	while (e == ERR_NEED) {
		l->step = l->c.next;
		l->c.lane = l->c.need;
		l->c.db = l->c.lane == LANE_READ ? l->read : NULL;
		e = l->c.lane == LANE_WRITE ? db_do(l->write, write_step, l) : l->step(&l->c);
	}
	return e;
}

static void take_refusal(struct local *l, enum err e, struct answer *out)
{
	const struct fail *f = &l->c.fail;
	bool known = f->code == e;
	const struct json *data = NULL;

	if (known && f->data.n && json_parse(l->cli->mem, f->data, &data, NULL) != OK)
		data = NULL;
	out->code = str_of(err_row(e)->code);
	out->message = known && f->say.n ? f->say : str_of(err_row(e)->words);
	out->detail = known ? f->detail : S("");
	out->data = data;
}

static int run_op(struct local *l, str op, str args, struct answer *out)
{
	struct arena *mem = l->cli->mem;
	const struct json *o;

	if (json_parse(mem, args, &o, NULL) != OK)
		return cli_failed("an argument is not valid UTF-8.");
	l->out = (struct buf)BUF(mem);
	l->c = (struct ctx){
		.mem = mem,
		.now = time_now(),
		.now_ms = time_now() * 1000,
		.site = &l->site->site,
		.actor = { .os = true, .name = local_user(mem), .role = S("owner") },
	};
	enum err e = run(l, control_run(&l->c, op, o, &l->out));
	*out = (struct answer){ .ok = e == OK, .text = buf_str(&l->out) };
	if (e != OK)
		take_refusal(l, e, out);
	else if (json_parse(mem, out->text, &out->result, NULL) != OK)
		return cli_failed("the operation gave no JSON.");
	return CLI_DONE;
}

int local_op(struct cli *cli, const struct config *config, str op, str args, struct answer *out)
{
	struct local l = { .cli = cli, .config = config };

	log_set_level(LOG_LEVEL_ERROR);
	int rc = open_all(&l);
	if (rc == CLI_DONE)
		rc = run_op(&l, op, args, out);
	close_all(&l);
	return rc;
}
