#include "app/serve_inner.h"
#include "app/control.h"
#include "app/keeper.h"
#include "app/standing.h"
#include "base/log.h"
#include "base/time.h"
#include "crypto/crypto.h"
#include "login/first.h"
#include "login/link.h"
#include "net/journal.h"
#include "net/notify.h"
#include "net/process.h"
#include "net/recorder.h"
#include "net/sandbox.h"
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>

#define DRAIN_MS 10000
#define SPARE_DESCRIPTORS 256 /* for the store, loops, upstreams */

enum err serve_failed(struct serve *s, enum err e, const char *what)
{
	str why = db_why(s->db);

	if (s->why.n == 0) {
		buf_printf(&s->why, "%s: ", what);
		err_tell(&s->why, e, why);
	}
	return e;
}

/* --- begin */

static enum err open_inlets(struct serve *s)
{
	struct inlets *in = &s->house.inlets;

	TRY(inlets_inherit(in, &s->why));
	if (in->count == 0)
		TRY(inlet_open(in, s->config->listen, false, &s->why));
	return s->config->ops.n ? inlet_open(in, s->config->ops, true, &s->why) : OK;
}

/* The control socket, or only the look whether another daemon has it. */
static enum err open_control(struct serve *s, bool look)
{
	struct floor *f = &s->house.floors[0];
	struct arena *mem = arena_new(8192);
	str dir = s->config->data_dir, path = arena_printf(mem, "%.*s/control.sock", FMT(dir));
	enum err e = OK;

	if (path.n >= INLET_PATH_MAX) {
		if (!look)
			log_warn("the path of data_dir is too long for a control socket: verbs open the "
				 "store themselves",
			    LOG_STR("path", path));
	} else if (look)
		e = inlet_unix_free(path, &s->why);
	else if (!str_eq(dir, S("none")))
		e = control_open(f->loop, path, &control_app_hooks, f, &s->control, &s->why);
	arena_unref(mem);
	return e;
}

static enum err open_lanes(struct serve *s)
{
	bool alone = thread_cores() == 1;
	struct lane_settings set = {
		.store = s->config->store,
		.readers = alone ? 1 : 2,
		.writers = 4,
		.hashers = alone ? 1 : 2,
		.fetchers = 8, /* they wait, they do not work */
		.verifiers = 1,
	};
	enum err e = lanes_start(&s->house, &set, &s->house.lanes);

	return e == OK ? OK : serve_failed(s, e, "the store's handles");
}

static void check_descriptors(struct serve *s)
{
	int64_t most = process_descriptors() - SPARE_DESCRIPTORS;

	if (s->config->limit_connections > most)
		log_warn("limits.connections is more than the descriptors that the system gives; raise "
			 "LimitNOFILE",
		    LOG_INT("limit", s->config->limit_connections), LOG_INT("possible", most));
}

static str dir_of(str path)
{
	while (path.n && path.p[path.n - 1] != '/')
		path.n--;
	return path.n ? path : S(".");
}

/* From here on only the directories that the daemon lives in can be written to. */
static void shut_in(struct serve *s)
{
	const struct config *c = s->config;
	str dirs[2 + INLETS_MAX] = { c->data_dir };
	size_t n = 1;

	if (str_starts(c->store, S("sqlite:")))
		dirs[n++] = dir_of(str_sub(c->store, 7, c->store.n));
	for (size_t i = 0; i < s->house.inlets.count; i++)
		if (s->house.inlets.items[i].path[0])
			dirs[n++] = dir_of(str_of(s->house.inlets.items[i].path));
	sandbox_enter(dirs, n);
}

static enum err begin(struct serve *s)
{
	/* Before there are sockets, keys, threads and the sandbox, of which it is to have nothing. */
	enum err e = fetcher_start(&s->house.fetcher);
	if (e != OK)
		return serve_failed(s, e, "the fetcher");
	TRY(open_control(s, true)); /* a second daemon on the same directory ends here */
	TRY(open_inlets(s));
	e = crypto_start();
	if (e != OK)
		return serve_failed(s, e, "the crypto library");
	TRY(serve_open_store(s));
	s->house.outside = outside_new();
	TRY(serve_make_site(s));
	s->house.started = time_now();
	serve_plug_reload(s);
	shut_in(s); /* before the first thread, whose children inherit it */
	e = house_open(&s->house, s->config, s->site);
	if (e != OK)
		return serve_failed(s, e, "the loops");
	house_lend(&s->house, s->site);
	TRY(open_control(s, false));
	recorder_open(s->config->data_dir, true);
	standing_start();
	journal_open(s->config->data_dir);
	TRY(open_lanes(s));
	e = keeper_start(&s->house, s->config->store, s->site->site.tenant.id, &s->keeper);
	if (e != OK)
		return serve_failed(s, e, "the revocation feed");
	check_descriptors(s);
	e = house_start(&s->house);
	return e == OK ? OK : serve_failed(s, e, "the threads");
}

/* --- what is said once it runs */

struct first {
	struct arena *mem;
	const struct site *site;
	str url;
};

static enum err make_link(struct db *db, void *arg)
{
	struct first *f = arg;
	bool owned;

	f->url = S("");
	TRY(owner_exists(db, f->mem, f->site->tenant.id, &owned));
	if (owned)
		return OK;
	return setup_link_make(
	    db, f->mem, f->site->tenant.id, time_now(), f->site->config->base_url, &f->url);
}

/* For people, on standard output: where it is, and while nobody owns it, the way in. */
static void say_ready(struct serve *s)
{
	struct arena *mem = arena_new(65536);
	struct first f = { .mem = mem, .site = &s->site->site };

	printf("Gatehouse is ready: %.*s\n", FMT(s->config->base_url));
	if (db_do(s->db, make_link, &f) != OK)
		log_warn("the setup link could not be made; restart to get one");
	else if (f.url.n)
		printf("There is no owner yet. Open this link once to become it:\n%.*s\n", FMT(f.url));
	fflush(stdout);
	arena_unref(mem);
}

/* --- end */

static void drain_floor(struct floor *f, void *arg)
{
	(void)arg;
	server_drain(f->server);
}

/* No floor watches them any more: who connects now is refused at once, or gets the next daemon. */
static void close_inlets(void *arg)
{
	inlets_close(arg);
}

/* Lets what is under way finish, within limits; a second signal ends the waiting. What is left then is broken off. */
static void drain(struct serve *s)
{
	int64_t begun = time_mono_ms(), passed, left = 0;

	notify_stopping();
	atomic_store(&s->house.shared.draining, true);
	house_each(&s->house, drain_floor, &s->house.inlets, close_inlets);
	while ((passed = time_mono_ms() - begun) < DRAIN_MS) {
		if (process_wait(20) == PROCESS_STOP)
			break;
		left = atomic_load(&s->house.shared.connections);
		if (passed > 20 && left == 0)
			break;
	}
	if (left)
		log_warn("stopped before everything was answered", LOG_INT("connections", left));
}

static void close_control(struct floor *f, void *arg)
{
	if (f->index == 0)
		control_close(((struct serve *)arg)->control);
}

static void end(struct serve *s)
{
	keeper_stop(s->keeper);
	if (s->house.lanes)
		lanes_stop(s->house.lanes); /* what is written is answered, while the loops still run */
	if (s->control && s->house.floors[0].thread.started)
		house_each(&s->house, close_control, s, NULL);
	else
		control_close(s->control);
	house_stop(&s->house);
	fetcher_stop(&s->house.fetcher);
	inlets_close(&s->house.inlets);
	house_close(&s->house);
	recorder_close();
	journal_close();
	if (s->site)
		site_unref(&s->site->site);
	db_close(s->db);
	arena_unref(s->config->mem);
	buf_free(&s->why);
	pthread_mutex_destroy(&s->lock);
}

static void run(struct serve *s)
{
	for (;;) {
		switch (process_wait(-1)) {
		case PROCESS_STOP:
			return;
		case PROCESS_RELOAD:
			serve_reload(s);
			break;
		case PROCESS_NUDGE:
			serve_renew(s);
			break;
		case PROCESS_CHILD:
			/* Nobody else could start it again: what forks has threads and keys by now. */
			if (child_ended(&s->house.fetcher.child))
				log_error("the fetcher has ended for good; documents of applications are "
					  "refused until this server is started again");
			break;
		case PROCESS_NOTHING:
			break;
		}
	}
}

enum err serve_run(const struct config *config, const struct serve_hooks *hooks)
{
	static struct serve s = { .lock = PTHREAD_MUTEX_INITIALIZER };

	s.config = config;
	s.hooks = hooks;
	(void)arena_ref(config->mem);
	process_settle();
	enum err e = begin(&s);
	if (e == OK) {
		say_ready(&s);
		notify_ready();
		run(&s);
		serve_end_reloads(&s);
		drain(&s);
	} else {
		fprintf(stderr, "gatehouse: %.*s\n", FMT(buf_str(&s.why)));
	}
	end(&s);
	return e;
}
