#include "net/recorder.h"
#include "crypto/crypto.h"
#include "http/path.h"
#include "net/recorder_file.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AWAITED_MAX 8192
#define NOTED_MAX 16 /* absences noted a second: a flood of them must not push the refusals out */

struct expectation {
	int64_t id, deadline, since;
	uint8_t kind;
	bool open;
	char client[128];
	uint16_t n;
};

static struct {
	pthread_mutex_t lock;
	struct entry *ring; /* pages come as they are touched */
	uint64_t next;      /* ever recorded; the newest is next - 1 */
	uint64_t flushed;
	struct expectation *awaited;
	atomic_size_t open; /* expectations that stand */
	bool on;
} rec = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* --- entries */

/* 50 random bits in signs that cannot be mistaken for each other. */
static void make_id(char out[RECORD_ID + 1])
{
	static const char signs[] = "0123456789abcdefghjkmnpqrstvwxyz";
	unsigned char r[RECORD_ID - 1];

	rand_bytes(r, sizeof r);
	out[0] = 'w';
	for (size_t i = 0; i < sizeof r; i++)
		out[i + 1] = signs[r[i] & 31];
	out[RECORD_ID] = '\0';
}

/* The next place of the ring; the lock is held. */
static struct entry *place(void)
{
	struct entry *e = &rec.ring[rec.next % RECORDER_KEPT];

	rec.next++;
	if (rec.next - rec.flushed > RECORDER_KEPT)
		rec.flushed = rec.next - RECORDER_KEPT; /* a flood: the file gets the newest */
	return e;
}

static void show(struct arena *mem, const struct entry *e, struct record *out)
{
	*out = (struct record){
		.id = arena_copy(mem, str_of(e->id)),
		.at = e->at,
		.code = e->missing ? OK : (enum err)e->code,
		.name = str_of(entry_name(e)),
		.missing = e->missing,
		.detail = arena_copy(mem, entry_text(e, DETAIL)),
		.method = arena_copy(mem, entry_text(e, METHOD)),
		.path = arena_copy(mem, entry_text(e, PATH)),
		.client = arena_copy(mem, entry_text(e, CLIENT)),
		.peer = arena_copy(mem, entry_text(e, PEER)),
		.place = arena_copy(mem, entry_text(e, PLACE)),
	};
}

/* --- the port */

static str add(struct ctx *c)
{
	char id[RECORD_ID + 1], at[80] = "", path[PATH_SHOWN];
	const char *file = c->fail.file ? strstr(c->fail.file, "src/") : NULL;

	make_id(id);
	if (c->fail.file)
		snprintf(at, sizeof at, "%s:%d", file ? file : c->fail.file, c->fail.line);
	const str texts[TEXTS] = {
		c->fail.detail,
		c->req ? c->req->method_text : S(""),
		c->req ? path_show(path, c->req->path)
		       : S(""), /* without the query, where secrets might stand */
		c->actor.client_id,
		c->req ? c->req->peer : S(""),
		str_of(at),
	};
	pthread_mutex_lock(&rec.lock);
	struct entry *e = place();
	memcpy(e->id, id, sizeof e->id);
	e->at = c->now;
	e->code = (uint16_t)c->fail.code;
	e->missing = false;
	entry_set_texts(e, texts);
	pthread_mutex_unlock(&rec.lock);
	return arena_copy(c->mem, str_of(id));
}

/* One place for each: of two that want the same one the later stays. Under load absence is not what anybody looks for. */
static struct expectation *awaited_at(enum awaited kind, int64_t id)
{
	uint64_t h = ((uint64_t)id * AWAIT_COUNT + (uint64_t)kind) * 0x9e3779b97f4a7c15u;

	return &rec.awaited[(h >> 32) % AWAITED_MAX];
}

static void expect(enum awaited kind, int64_t id, str client, int64_t now)
{
	pthread_mutex_lock(&rec.lock);
	struct expectation *x = awaited_at(kind, id);
	if (!x->open)
		atomic_fetch_add_explicit(&rec.open, 1, memory_order_relaxed);
	*x = (struct expectation){ .id = id,
		.deadline = now + absences[kind].within,
		.since = now,
		.kind = (uint8_t)kind,
		.open = true };
	x->n = (uint16_t)(client.n < sizeof x->client ? client.n : sizeof x->client);
	if (x->n)
		memcpy(x->client, client.p, x->n);
	pthread_mutex_unlock(&rec.lock);
}

static void shut(struct expectation *x)
{
	x->open = false;
	atomic_fetch_sub_explicit(&rec.open, 1, memory_order_relaxed);
}

static void met(enum awaited kind, int64_t id)
{
	if (atomic_load_explicit(&rec.open, memory_order_relaxed) == 0)
		return;
	pthread_mutex_lock(&rec.lock);
	struct expectation *x = awaited_at(kind, id);
	if (x->open && x->kind == (uint8_t)kind && x->id == id)
		shut(x);
	pthread_mutex_unlock(&rec.lock);
}

static uint64_t oldest(void)
{
	return rec.next > RECORDER_KEPT ? rec.next - RECORDER_KEPT : 0;
}

static bool find(struct arena *mem, str id, struct record *out)
{
	bool found = false;

	pthread_mutex_lock(&rec.lock);
	for (uint64_t i = rec.next; i > oldest() && !found;) {
		const struct entry *e = &rec.ring[--i % RECORDER_KEPT];
		if (str_eq(id, str_of(e->id))) {
			show(mem, e, out);
			found = true;
		}
	}
	pthread_mutex_unlock(&rec.lock);
	return found;
}

static size_t list(struct arena *mem, size_t max, const struct record **out)
{
	size_t n = 0;

	pthread_mutex_lock(&rec.lock);
	size_t have = (size_t)(rec.next - oldest());
	struct record *all = NEW_ARRAY(mem, struct record, (have < max ? have : max) + 1);
	for (uint64_t i = rec.next; i > oldest() && n < max;)
		show(mem, &rec.ring[--i % RECORDER_KEPT], &all[n++]);
	pthread_mutex_unlock(&rec.lock);
	*out = all;
	return n;
}

static const struct recorder_port port = { add, expect, met, find, list };

/* --- what never came */

static void note_absence(const struct expectation *x, int64_t now)
{
	char detail[160];

	snprintf(detail, sizeof detail, "%s, %lld s after it", absences[x->kind].words,
	    (long long)(now - x->since));
	const str texts[TEXTS] = { [DETAIL] = str_of(detail), [CLIENT] = { x->client, x->n } };
	struct entry *e = place();
	make_id(e->id);
	e->at = now;
	e->code = x->kind;
	e->missing = true;
	entry_set_texts(e, texts);
}

void recorder_look(int64_t now)
{
	int noted = 0;

	if (!rec.on || atomic_load_explicit(&rec.open, memory_order_relaxed) == 0)
		return;
	pthread_mutex_lock(&rec.lock);
	for (size_t i = 0; i < AWAITED_MAX; i++) {
		struct expectation *x = &rec.awaited[i];
		if (!x->open || x->deadline > now)
			continue;
		if (noted++ < NOTED_MAX)
			note_absence(x, now);
		shut(x);
	}
	pthread_mutex_unlock(&rec.lock);
}

/* --- begin and end */

static void take(const struct entry *e)
{
	*place() = *e;
}

void recorder_open(str dir, bool write)
{
	rec.ring = calloc(RECORDER_KEPT, sizeof *rec.ring);
	rec.awaited = calloc(AWAITED_MAX, sizeof *rec.awaited);
	if (!rec.ring || !rec.awaited)
		abort();
	rec.next = rec.flushed = 0;
	rec.on = true;
	recorder_file_read(dir, take);
	rec.flushed = rec.next;
	if (write)
		recorder_file_open();
	recorder_use(&port);
}

void recorder_flush(void)
{
	struct buf b = { 0 };

	if (!recorder_file_on())
		return;
	pthread_mutex_lock(&rec.lock);
	for (; rec.flushed < rec.next; rec.flushed++)
		entry_write(&b, &rec.ring[rec.flushed % RECORDER_KEPT]);
	pthread_mutex_unlock(&rec.lock);
	if (b.n)
		recorder_file_write(buf_str(&b));
	buf_free(&b);
}

void recorder_close(void)
{
	if (!rec.on)
		return;
	recorder_flush();
	recorder_use(NULL);
	recorder_file_close();
	free(rec.ring);
	free(rec.awaited);
	rec.ring = NULL;
	rec.awaited = NULL;
	rec.on = false;
}
