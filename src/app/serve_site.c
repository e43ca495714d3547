#include "app/exchange.h"
#include "app/serve_inner.h"
#include "base/log.h"
#include "base/time.h"
#include "net/notify.h"
#include "net/process.h"

#include <stdlib.h>

#define STOPPING "the server is being stopped"

static struct serve *serving; /* house.reload has no argument of its own */

static void send_home(struct exchange *list)
{
	struct exchange *next;

	for (struct exchange *x = list; x; x = next) {
		next = x->next;
		x->next = NULL;
		lane_home(x);
	}
}

/* To those who asked for it; the log says the same. */
static void refuse(struct exchange *list, str why)
{
	for (struct exchange *x = list; x; x = x->next) {
		x->result = FAIL(&x->c, CONFIG_REFUSED, "%.*s", FMT(why));
		x->c.fail.say =
		    arena_printf(x->c.mem, "The configuration was not taken over: %.*s", FMT(why));
	}
	send_home(list);
}

struct swap {
	struct house_site *site;
	struct tls *tls;                      /* a reference; NULL: as it is */
	struct exchange *waiting, *rereading; /* who hears when every floor has it */
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

	send_home(w->waiting);
	send_home(w->rereading);
	site_unref(&w->site->site);
	tls_unref(w->tls);
	free(w);
}

/* Puts x (or nobody) on a list that the main thread looks at; false when it does so no more. */
static bool want(struct serve *s, struct exchange **list, atomic_bool *wanted, struct exchange *x)
{
	pthread_mutex_lock(&s->lock);
	bool ending = s->ending;
	if (x && !ending) {
		x->next = *list;
		*list = x;
	}
	atomic_store(wanted, true);
	pthread_mutex_unlock(&s->lock);
	if (!ending)
		process_nudge();
	return !ending;
}

/* What stands on a list, which is empty then. */
static struct exchange *take(struct serve *s, struct exchange **list, atomic_bool *wanted)
{
	pthread_mutex_lock(&s->lock);
	struct exchange *all = *list;
	*list = NULL;
	atomic_store(wanted, false);
	pthread_mutex_unlock(&s->lock);
	return all;
}

static void want_site(struct house *h, struct exchange *x)
{
	struct serve *s = serving;
	(void)h;

	if (!want(s, &s->waiting, &s->wanted, x) && x)
		send_home(x); /* what it changed is in the store, for the next one who starts */
}

static void want_config(struct house *h, struct exchange *x)
{
	struct serve *s = serving;
	(void)h;

	if (!want(s, &s->rereading, &s->reread, x))
		refuse(x, S(STOPPING));
}

void serve_end_reloads(struct serve *s)
{
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_mutex_unlock(&s->lock);
	send_home(take(s, &s->waiting, &s->wanted));
	refuse(take(s, &s->rereading, &s->reread), S(STOPPING));
}

static enum err make_site(struct serve *s, const struct config *config, struct house_site **out)
{
	TRY(site_load(config, s->db, time_now() * 1000, out, &s->why));
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

/*
 * Loads the site anew; a bad one is refused whole, and the old one stays. Takes the reference on tls (or NULL: as it is), and
 * rereading, who asked for this configuration.
 */
static void load_site(
    struct serve *s, const struct config *config, struct tls *tls, struct exchange *rereading)
{
	struct exchange *waiting = take(s, &s->waiting, &s->wanted);
	struct house_site *fresh;

	s->why.n = 0;
	enum err e = make_site(s, config, &fresh);
	if (e != OK) {
		log_error("the new state was not taken over", LOG_STR("why", buf_str(&s->why)));
		send_home(waiting);
		refuse(rereading, buf_str(&s->why));
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
	*w = (struct swap){ fresh, tls, waiting, rereading };
	house_each(&s->house, swap_floor, w, swapped);
}

/* What cannot change under a running daemon is said, not silently left out. */
static bool say_fixed(const struct config *old, const struct config *new)
{
	bool fixed = !str_eq(old->listen, new->listen) || !str_eq(old->ops, new->ops) ||
	    !str_eq(old->store, new->store) || !str_eq(old->data_dir, new->data_dir) ||
	    !str_eq(old->base_url, new->base_url) || old->loops != new->loops ||
	    !old->tls_count != !new->tls_count;

	if (fixed)
		log_warn("listen, ops, store, data_dir, base_url, limits.loops and whether there is tls are "
			 "taken over by a restart only");
	return fixed;
}

/* For who asked, if it is taken over. */
static void note(struct exchange *list, bool restart)
{
	for (struct exchange *x = list; x; x = x->next) {
		struct jout j = JOUT(x->c.state);
		jout_object(&j, S(""));
		jout_bool(&j, S("restart_needed"), restart);
		jout_end(&j);
	}
}

/* New certificates, for connections to come; those that are open go on with what they began with. */
static void take_over(struct serve *s, const struct config *fresh, struct exchange *rereading)
{
	struct tls *tls = NULL;

	note(rereading, say_fixed(s->config, fresh));
	if (s->house.tls && load_tls(fresh, s->site->site.key_ticket, &tls, &s->why) != OK) {
		log_error("the configuration was not taken over", LOG_STR("why", buf_str(&s->why)));
		refuse(rereading, buf_str(&s->why));
		arena_unref(fresh->mem);
		return;
	}
	load_site(s, fresh, tls, rereading);
	if (s->site->site.config == fresh) {
		arena_unref(s->config->mem);
		s->config = fresh;
		log_info("reloaded", LOG_STR("file", fresh->file));
	} else {
		arena_unref(fresh->mem);
	}
}

void serve_reload(struct serve *s)
{
	struct exchange *rereading = take(s, &s->rereading, &s->reread);
	const struct config *fresh = NULL;

	s->why.n = 0;
	notify_reloading();
	enum err e = s->hooks->read_config(s->hooks->arg, &fresh, &s->why);
	if (e != OK) {
		log_error("the configuration was not taken over", LOG_STR("why", buf_str(&s->why)));
		refuse(rereading, buf_str(&s->why));
	} else if (!str_eq(fresh->base_url, s->config->base_url)) {
		(void)say_fixed(s->config, fresh);
		refuse(rereading, S("base_url is another one, and is taken over by a restart only"));
		arena_unref(fresh->mem);
	} else {
		take_over(s, fresh, rereading);
	}
	notify_ready();
}

enum err serve_make_site(struct serve *s)
{
	TRY(make_site(s, s->config, &s->site));
	return load_tls(s->config, s->site->site.key_ticket, &s->house.tls, &s->why);
}

void serve_plug_reload(struct serve *s)
{
	serving = s;
	s->house.reload = want_site;
	s->house.reread = want_config;
}

void serve_renew(struct serve *s)
{
	if (atomic_load(&s->reread))
		serve_reload(s); /* with a site, so whoever wants one has it too */
	if (atomic_load(&s->wanted))
		load_site(s, s->config, NULL, NULL);
}
