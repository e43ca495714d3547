#include "app/serve.h"
#include "app/control.h"
#include "app/exchange.h"
#include "app/house.h"
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
#include "sql_gen.h"
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>

#define DRAIN_MS 10000
#define CLOCK_BEGINS 1700000000 /* 2023: nothing of ours was written before */
#define CLOCK_BACK 300          /* seconds */
#define SPARE_DESCRIPTORS 256   /* for the store, loops, upstreams */

struct serve {
	struct house house;
	const struct config *config;
	const struct serve_hooks *hooks;
	struct db *db; /* the main thread's own: for sites */
	struct house_site *site;
	struct keeper *keeper;
	struct control *control;
	pthread_mutex_t lock;
	struct exchange *waiting; /* for the next site */
	bool wanted;
	struct buf why;
};

static struct serve *serving; /* house.reload has no argument of its own */

static enum err failed(struct serve *s, enum err e, const char *what)
{
	str why = db_why(s->db);

	if (s->why.n == 0)
		buf_printf(&s->why, "%s: %s %.*s", what, err_row(e)->words, FMT(why));
	return e;
}

static int64_t now_ms(void)
{
	return time_now() * 1000;
}

/* --- the store */

struct address {
	struct arena *mem;
	str base_url;
	bool accept;
	str before;
};

/* base_url is the issuer: what was signed under another one is void, so a change must be meant. */
static enum err check_address(struct db *db, void *arg)
{
	struct address *a = arg;
	struct meta_get_in in = { .name = S("base_url") };
	struct meta_get_out row;
	enum err e = q_meta_get(db, a->mem, &in, &row);

	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	if (e == OK && str_eq(row.value, a->base_url))
		return OK;
	if (e == OK && !a->accept) {
		a->before = row.value;
		return ERR_OP_PRECONDITION;
	}
	return q_meta_put(db, a->mem, &(struct meta_put_in){ .name = in.name, .value = a->base_url }, NULL);
}

/*
 * With a clock that was set back, tokens that have expired would be good again, and new ids would no longer be the
 * newest. Nodes may differ a little.
 */
static enum err check_clock(struct serve *s, struct arena *mem)
{
	int64_t now = time_now();
	struct audit_newest_out newest = { 0 };
	enum err e = q_audit_newest(s->db, mem, &newest);

	if (e == ERR_NOT_FOUND)
		e = OK;
	if (e != OK || (now > CLOCK_BEGINS && newest.at <= now + CLOCK_BACK))
		return e;
	str says = time_rfc3339(mem, now), last = time_rfc3339(mem, newest.at);
	if (newest.at)
		buf_printf(&s->why,
		    "the clock of this machine says %.*s, but the store was last written at %.*s. Set the "
		    "clock: with one "
		    "that goes back, tokens that have expired would be good again",
		    FMT(says), FMT(last));
	else
		buf_printf(&s->why, "the clock of this machine says %.*s. Set it: tokens are good for a time",
		    FMT(says));
	return ERR_INTERNAL;
}

static enum err open_store(struct serve *s)
{
	const struct config *c = s->config;
	struct arena *mem = arena_new(65536);
	struct address a = { .mem = mem, .base_url = c->base_url, .accept = c->accept_new_base_url };

	enum err e = db_open(c->store, DB_WRITE, &s->db);
	if (e == OK)
		e = db_migrate(s->db);
	if (e == OK)
		e = db_do(s->db, check_address, &a);
	if (e == OK)
		e = check_clock(s, mem);
	if (e == ERR_OP_PRECONDITION)
		buf_printf(&s->why,
		    "base_url is %.*s, and this store has served %.*s. Changing it signs everybody out; if "
		    "that is "
		    "meant, start once with --accept-new-base-url",
		    FMT(c->base_url), FMT(a.before));
	else if (e != OK && s->why.n == 0)
		(void)failed(s, e, "the store");
	arena_unref(mem);
	return e;
}

/* --- a new site for every floor */

/* Every floor has it: those whose change it was may answer. */
static void all_took(void *arg)
{
	struct exchange *next;

	for (struct exchange *x = arg; x; x = next) {
		next = x->next;
		x->next = NULL;
		lane_home(x);
	}
}

struct swap {
	struct house_site *site;
	struct tls *tls; /* a reference; NULL: as it is */
	struct exchange *waiting;
};

static void swap_floor(struct floor *f, void *arg)
{
	const struct house_site *old = f->site, *fresh = ((struct swap *)arg)->site;
	struct server_limits limits = house_limits(fresh->site.config);

	(void)site_ref(&fresh->site);
	f->site = fresh;
	pass_cache_clear(f->passes); /* what a key that is no longer ours has signed is looked at again */
	server_set_limits(f->server, &limits);
	if (((struct swap *)arg)->tls)
		server_set_tls(f->server, ((struct swap *)arg)->tls);
	site_unref(&old->site);
}

static void swapped(void *arg)
{
	struct swap *w = arg;

	all_took(w->waiting);
	site_unref(&w->site->site);
	tls_unref(w->tls);
	free(w);
}

static void want_site(struct house *h, struct exchange *x)
{
	struct serve *s = serving;
	(void)h;

	pthread_mutex_lock(&s->lock);
	if (x) {
		x->next = s->waiting;
		s->waiting = x;
	}
	s->wanted = true;
	pthread_mutex_unlock(&s->lock);
	process_nudge();
}

static enum err make_site(struct serve *s, const struct config *config, struct house_site **out)
{
	TRY(site_load(config, s->db, now_ms(), out, &s->why));
	(*out)->site.outside = s->house.outside;
	return OK;
}

/* The certificates of a configuration, read and judged; *out NULL when it has none. */
static enum err load_tls(const struct config *c, struct secret tickets, struct tls **out, struct buf *why)
{
	struct tls_pair pairs[TLS_PAIRS_MAX];
	struct tls_settings set = { .pairs = pairs, .tickets = tickets, .now = time_now };

	*out = NULL;
	if (!c->tls_count)
		return OK;
	for (; set.count < c->tls_count && set.count < TLS_PAIRS_MAX; set.count++)
		pairs[set.count] = (struct tls_pair){ c->tls[set.count].cert, c->tls[set.count].key,
			c->tls[set.count].where };
	TRY(tls_load(&set, out, why));
	if (tls_ends_soon(*out, time_now()))
		log_warn("a certificate ends soon, and should have been renewed by now",
		    LOG_INT("days", (tls_ends(*out) - time_now()) / 86400));
	return OK;
}

/* Loads the site anew; a bad one is refused whole, and the old one stays. Takes the reference on tls (or NULL: as it is). */
static void load_site(struct serve *s, const struct config *config, struct tls *tls)
{
	struct house_site *fresh;

	pthread_mutex_lock(&s->lock);
	struct exchange *waiting = s->waiting;
	s->waiting = NULL;
	s->wanted = false;
	pthread_mutex_unlock(&s->lock);

	s->why.n = 0;
	enum err e = make_site(s, config, &fresh);
	if (e != OK) {
		log_error("the new state was not taken over", LOG_STR("why", buf_str(&s->why)));
		all_took(waiting);
		tls_unref(tls);
		return;
	}
	if (tls) {
		tls_unref(s->house.tls);
		s->house.tls = tls_ref(tls);
	}
	house_lend(&s->house, fresh);
	site_unref(&s->site->site);
	s->site = fresh;
	struct swap *w = malloc(sizeof *w);
	if (!w)
		abort();
	(void)site_ref(&fresh->site);
	*w = (struct swap){ fresh, tls, waiting };
	house_each(&s->house, swap_floor, w, swapped);
}

/* What cannot change under a running daemon is said, not silently left out. */
static void say_fixed(const struct config *old, const struct config *new)
{
	if (!str_eq(old->listen, new->listen) || !str_eq(old->ops, new->ops) ||
	    !str_eq(old->store, new->store) || !str_eq(old->data_dir, new->data_dir) ||
	    !str_eq(old->base_url, new->base_url) || old->loops != new->loops ||
	    !old->tls_count != !new->tls_count)
		log_warn("listen, ops, store, data_dir, base_url, limits.loops and whether there is tls are "
			 "taken over by a restart only");
}

/* New certificates, for connections to come; those that are open go on with what they began with. */
static void take_over(struct serve *s, const struct config *fresh)
{
	struct tls *tls = NULL;

	say_fixed(s->config, fresh);
	if (s->house.tls && load_tls(fresh, s->site->site.key_ticket, &tls, &s->why) != OK) {
		log_error("the configuration was not taken over", LOG_STR("why", buf_str(&s->why)));
		arena_unref(fresh->mem);
		return;
	}
	load_site(s, fresh, tls);
	if (s->site->site.config == fresh) {
		arena_unref(s->config->mem);
		s->config = fresh;
		log_info("reloaded", LOG_STR("file", fresh->file));
	} else {
		arena_unref(fresh->mem);
	}
}

static void reload(struct serve *s)
{
	const struct config *fresh = NULL;

	s->why.n = 0;
	notify_reloading();
	enum err e = s->hooks->read_config(s->hooks->arg, &fresh, &s->why);
	if (e != OK) {
		log_error("the configuration was not taken over", LOG_STR("why", buf_str(&s->why)));
	} else if (!str_eq(fresh->base_url, s->config->base_url)) {
		say_fixed(s->config, fresh);
		arena_unref(fresh->mem);
	} else {
		take_over(s, fresh);
	}
	notify_ready();
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

	return e == OK ? OK : failed(s, e, "the store's handles");
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
		return failed(s, e, "the fetcher");
	TRY(open_control(s, true)); /* a second daemon on the same directory ends here */
	TRY(open_inlets(s));
	e = crypto_start();
	if (e != OK)
		return failed(s, e, "the crypto library");
	TRY(open_store(s));
	s->house.outside = outside_new();
	TRY(make_site(s, s->config, &s->site));
	TRY(load_tls(s->config, s->site->site.key_ticket, &s->house.tls, &s->why));
	s->house.started = time_now();
	s->house.reload = want_site;
	shut_in(s); /* before the first thread, whose children inherit it */
	e = house_open(&s->house, s->config, s->site);
	if (e != OK)
		return failed(s, e, "the loops");
	house_lend(&s->house, s->site);
	TRY(open_control(s, false));
	recorder_open(s->config->data_dir, true);
	standing_start();
	journal_open(s->config->data_dir);
	TRY(open_lanes(s));
	e = keeper_start(&s->house, s->config->store, s->site->site.tenant.id, &s->keeper);
	if (e != OK)
		return failed(s, e, "the revocation feed");
	check_descriptors(s);
	e = house_start(&s->house);
	return e == OK ? OK : failed(s, e, "the threads");
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
			reload(s);
			break;
		case PROCESS_NUDGE:
			if (s->wanted)
				load_site(s, s->config, NULL);
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
	serving = &s;
	(void)arena_ref(config->mem);
	process_settle();
	enum err e = begin(&s);
	if (e == OK) {
		say_ready(&s);
		notify_ready();
		run(&s);
		drain(&s);
	} else {
		fprintf(stderr, "gatehouse: %.*s\n", FMT(buf_str(&s.why)));
	}
	end(&s);
	return e;
}
