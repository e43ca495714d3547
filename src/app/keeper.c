#include "app/keeper.h"
#include "app/effects.h"
#include "app/notices.h"
#include "base/log.h"
#include "base/time.h"
#include "net/recorder.h"
#include "store/db.h"
#include "store/feed.h"
#include "store/keyring.h"
#include "store/listen.h"
#include "store/seal.h"
#include "store/sweep.h"

#include <stdlib.h>
#include <time.h>

#define FEED_MS 500
#define FEED_ROWS 1000 /* a full answer: there may be more */
#define ROUND_SECONDS 60
#define KEYS_SECONDS 5

struct keeper {
	struct house *house;
	int64_t tenant;
	struct thread feeding, caring;
	struct db *read, *write;
	struct listener *bell; /* NULL on SQLite */
	struct feed feed;
	bool first;
	struct sweep sweep;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

/* Sleeps; false when it is time to end. */
static bool rest(struct keeper *k, int64_t ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&k->lock);
	while (!k->stop && pthread_cond_timedwait(&k->wake, &k->lock, &at) == 0)
		;
	bool go_on = !k->stop;
	pthread_mutex_unlock(&k->lock);
	return go_on;
}

/* --- the feed */

/* What a row says; true when the site must be loaded again. */
static bool take_row(struct keeper *k, const struct revocation_since_out *row)
{
	static const struct {
		str word;
		enum effect_kind kind;
	} kinds[] = { { S_INIT("grant"), EFFECT_REVOKE_GRANT }, { S_INIT("user"), EFFECT_REVOKE_USER },
		{ S_INIT("client"), EFFECT_REVOKE_CLIENT },
		{ S_INIT("client-changed"), EFFECT_CLIENT_CHANGED },
		{ S_INIT("client-back"), EFFECT_CLIENT_BACK } };

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (str_eq(row->kind, kinds[i].word)) {
			/* Before the floors run there is nobody to tell. */
			int64_t before = revoked_before(kinds[i].kind, row->at);
			if (kinds[i].kind == EFFECT_CLIENT_CHANGED || kinds[i].kind == EFFECT_CLIENT_BACK)
				effects_client(
				    k->house->revoked, kinds[i].kind, row->id, row->at, row->until);
			else if (k->first)
				revoked_add(k->house->revoked, kinds[i].kind, row->id, before, row->until);
			else if (!revoked_has(k->house->revoked, kinds[i].kind, row->id, before - 1))
				effects_revoke(k->house, kinds[i].kind, row->id, row->at, row->until);
			return false;
		}
	return !k->first && (str_eq(row->kind, S("key")) || str_eq(row->kind, S("resource")));
}

static enum err read_feed(struct keeper *k)
{
	const struct revocation_since_out *rows;
	size_t count;
	bool reload = false;

	int64_t begun = time_mono_ms(); /* what is committed after this may be missing */
	do {
		struct arena *mem = arena_new((size_t)4 << 20);
		enum err e = feed_read(k->read, mem, time_now(), &k->feed, &rows, &count);
		for (size_t i = 0; e == OK && i < count; i++)
			reload |= take_row(k, &rows[i]);
		arena_unref(mem);
		TRY(e);
	} while (count == FEED_ROWS);
	revoked_read_at(k->house->revoked, begun);
	if (reload)
		k->house->reload(k->house, NULL);
	return OK;
}

/* Of sign-ins that ended here or at another node, which may be gone. */
static void look_for_notices(struct keeper *k)
{
	struct arena *mem = arena_new(65536);
	struct logout_notice_due_in in = { .tenant = k->tenant, .now = time_now() };
	struct logout_notice_due_out row;

	if (q_logout_notice_due(k->read, mem, &in, &row) == OK)
		notices_send(k->house);
	arena_unref(mem);
}

static void feeding(void *arg)
{
	struct keeper *k = arg;

	/* On PostgreSQL the bell ends the wait early; without it, or when it is broken, the clock does. */
	while (rest(k, k->bell ? 0 : FEED_MS)) {
		if (k->bell)
			(void)listen_wait(k->bell, FEED_MS);
		if (read_feed(k) != OK)
			atomic_store(
			    &k->house->store_failed_at, time_now()); /* the driver has said why in the log */
		else
			look_for_notices(k);
		recorder_look(time_now());
		recorder_flush();
	}
}

/* --- checkpoints and sweeping */

static void sweep(struct keeper *k)
{
	bool more = true;

	revoked_sweep(k->house->revoked, time_now());
	while (more && rest(k, 20)) {
		struct arena *mem = arena_new((size_t)1 << 20);
		if (sweep_step(k->write, mem, k->tenant, time_now(), &k->sweep, &more) != OK)
			more = false;
		arena_unref(mem);
	}
}

/* A key of another algorithm that has been published long enough. What fails is tried again a little later. */
static void settle_keys(struct keeper *k)
{
	struct arena *mem = arena_new((size_t)1 << 20);
	struct secret master = k->house->config->master_key;
	bool changed = false;
	enum err e = master.len ? OK : master_key_load(mem, k->house->config->data_dir, &master);

	if (e == OK)
		e = keyring_settle(k->write, mem, master, k->tenant, time_now() * 1000, &changed);
	if (changed)
		log_info("tokens are signed with another algorithm from now on");
	else if (e != OK)
		log_warn("the signing keys could not be looked at", LOG_STRZ("error", err_row(e)->name));
	arena_unref(mem);
}

static void caring(void *arg)
{
	struct keeper *k = arg;
	int64_t round = time_mono_ms(), keys = round;

	while (rest(k, 1000)) {
		db_checkpoint(k->write);
		if (time_mono_ms() - keys >= KEYS_SECONDS * 1000) {
			settle_keys(k);
			keys = time_mono_ms();
		}
		if (time_mono_ms() - round < ROUND_SECONDS * 1000)
			continue;
		sweep(k);
		round = time_mono_ms();
	}
}

/* --- begin and end */

static enum err start(struct keeper *k, str store)
{
	TRY(db_open(store, DB_READ, &k->read));
	TRY(db_open(store, DB_WRITE, &k->write));
	k->first = true;
	TRY(read_feed(k));
	k->first = false;
	if (db_is_shared(k->read))
		k->bell = listen_open(store);
	k->feeding = (struct thread){ .name = "gh-feed", .run = feeding, .arg = k };
	k->caring = (struct thread){ .name = "gh-care", .run = caring, .arg = k, .nice = 5 };
	TRY(thread_start(&k->feeding));
	return thread_start(&k->caring);
}

enum err keeper_start(struct house *h, str store, int64_t tenant, struct keeper **out)
{
	struct keeper *k = calloc(1, sizeof *k);
	pthread_condattr_t attr;

	if (!k)
		abort();
	k->house = h;
	k->tenant = tenant;
	k->sweep.audit_keep = h->config->audit_retention;
	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wake, &attr);
	pthread_condattr_destroy(&attr);
	enum err e = start(k, store);
	if (e != OK) {
		keeper_stop(k);
		return e;
	}
	*out = k;
	return OK;
}

void keeper_stop(struct keeper *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	k->stop = true;
	pthread_mutex_unlock(&k->lock);
	pthread_cond_broadcast(&k->wake);
	thread_join(&k->feeding);
	thread_join(&k->caring);
	if (k->bell)
		listen_close(k->bell);
	db_close(k->read);
	db_close(k->write);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
	free(k);
}
