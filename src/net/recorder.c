#include "net/recorder.h"
#include "base/json.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "http/path.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_MAX 2097152 /* bytes of recorder.log before it becomes recorder.log.1 */
#define AWAITED_MAX 8192
#define NOTED_MAX 16 /* absences noted a second: a flood of them must not push the refusals out */

/* A record without pointers, so that the ring is one piece of memory that never grows. */
struct entry {
	char id[RECORD_ID + 1];
	int64_t at;
	bool missing;
	uint16_t code; /* enum err, or enum awaited when missing */
	uint16_t n[6];
	char text[768]; /* detail, method, path, client, peer, place, one behind the other */
};

enum { DETAIL, METHOD, PATH, CLIENT, PEER, PLACE, TEXTS };

static const uint16_t text_max[TEXTS] = { 320, 16, 160, 128, 48, 64 };

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
	char dir[4000];
	int fd;
	off_t size;
	bool on;
} rec = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

static const struct {
	const char *name, *words;
	int64_t within;
} absences[AWAIT_COUNT] = {
	[AWAIT_CODE] = { "NEVER_REDEEMED", "a code was given and never redeemed", 90 },
	[AWAIT_TOKEN] = { "NEVER_USED", "a token was given and never used at a resource", 30 },
	[AWAIT_AUTHORIZE] = { "NEVER_FOLLOWED",
	    "a client registered and never came to the authorization endpoint", 600 },
};

/* --- entries */

static str text_of(const struct entry *e, int which)
{
	size_t at = 0;

	for (int i = 0; i < which; i++)
		at += e->n[i];
	return (str){ e->text + at, e->n[which] };
}

static void set_texts(struct entry *e, const str *texts)
{
	size_t at = 0;

	for (int i = 0; i < TEXTS; i++) {
		size_t n = texts[i].n < text_max[i] ? texts[i].n : text_max[i];
		if (n)
			memcpy(e->text + at, texts[i].p, n);
		e->n[i] = (uint16_t)n;
		at += n;
	}
}

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
		.name = str_of(e->missing ? absences[e->code].name : err_row((enum err)e->code)->name),
		.missing = e->missing,
		.detail = arena_copy(mem, text_of(e, DETAIL)),
		.method = arena_copy(mem, text_of(e, METHOD)),
		.path = arena_copy(mem, text_of(e, PATH)),
		.client = arena_copy(mem, text_of(e, CLIENT)),
		.peer = arena_copy(mem, text_of(e, PEER)),
		.place = arena_copy(mem, text_of(e, PLACE)),
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
	set_texts(e, texts);
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
	set_texts(e, texts);
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

/* --- the files: one JSON object a line */

static void write_entry(struct buf *b, const struct entry *e)
{
	static const char *const keys[TEXTS] = { "detail", "method", "path", "client", "peer", "place" };
	struct jout j = JOUT(b);

	jout_object(&j, S(""));
	jout_str(&j, S("id"), str_of(e->id));
	jout_int(&j, S("at"), e->at);
	jout_strz(&j, S("name"), e->missing ? absences[e->code].name : err_row((enum err)e->code)->name);
	for (int i = 0; i < TEXTS; i++)
		if (e->n[i] && str_utf8(text_of(e, i)))
			jout_str(&j, str_of(keys[i]), text_of(e, i));
	jout_end(&j);
	buf_char(b, '\n');
}

/* The number of a name: errors and absences are kept by name, so that a newer program reads an older file rightly. */
static bool name_known(str name, struct entry *e)
{
	for (int i = 0; i < AWAIT_COUNT; i++)
		if (str_eq(name, str_of(absences[i].name))) {
			e->missing = true;
			e->code = (uint16_t)i;
			return true;
		}
	for (int i = 1; i < ERR_COUNT; i++)
		if (str_eq(name, str_of(err_row((enum err)i)->name))) {
			e->missing = false;
			e->code = (uint16_t)i;
			return true;
		}
	return false;
}

static void read_line(struct arena *mem, str line)
{
	const struct json *o;
	struct entry made = { 0 };

	/* The last line of a process that was killed may be half of one. */
	if (json_parse(mem, line, &o, NULL) != OK || !json_get_int(o, S("at"), &made.at) ||
	    !name_known(json_get_str(o, S("name")), &made))
		return;
	str id = json_get_str(o, S("id"));
	if (id.n != RECORD_ID)
		return;
	memcpy(made.id, id.p, id.n);
	const str texts[TEXTS] = {
		json_get_str(o, S("detail")),
		json_get_str(o, S("method")),
		json_get_str(o, S("path")),
		json_get_str(o, S("client")),
		json_get_str(o, S("peer")),
		json_get_str(o, S("place")),
	};
	set_texts(&made, texts);
	*place() = made;
}

static void path_of(char out[4096], int segment)
{
	snprintf(out, 4096, "%s/recorder.log%s", rec.dir, segment ? ".1" : "");
}

static void read_segment(int segment)
{
	char path[4096];
	struct stat st;

	path_of(path, segment);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	char *all = NULL;
	ssize_t n = -1;
	if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= SEGMENT_MAX * 2 &&
	    (all = malloc((size_t)st.st_size)))
		n = read(fd, all, (size_t)st.st_size);
	close(fd);
	str rest = { all, n > 0 ? (size_t)n : 0 }, line;
	while (rest.n) {
		(void)str_cut(rest, '\n', &line, &rest);
		struct arena *mem = arena_new(65536);
		read_line(mem, line);
		arena_unref(mem);
	}
	free(all);
}

static void open_segment(void)
{
	char path[4096];
	struct stat st;

	path_of(path, 0);
	rec.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	rec.size = rec.fd >= 0 && fstat(rec.fd, &st) == 0 ? st.st_size : 0;
	if (rec.fd < 0)
		log_warn("the recorder's file cannot be written; refusals are kept in memory only",
		    LOG_STRZ("file", path));
}

/* Two segments, so that at least one full one is always there. */
static void turn_over(void)
{
	char now[4096], before[4096];

	path_of(now, 0);
	path_of(before, 1);
	close(rec.fd);
	(void)rename(now, before);
	open_segment();
}

void recorder_open(str dir, bool write)
{
	rec.ring = calloc(RECORDER_KEPT, sizeof *rec.ring);
	rec.awaited = calloc(AWAITED_MAX, sizeof *rec.awaited);
	if (!rec.ring || !rec.awaited)
		abort();
	rec.next = rec.flushed = 0;
	rec.on = true;
	if (dir.n && dir.n < sizeof rec.dir && !str_eq(dir, S("none"))) {
		memcpy(rec.dir, dir.p, dir.n);
		rec.dir[dir.n] = '\0';
		read_segment(1);
		read_segment(0);
		rec.flushed = rec.next;
		if (write)
			open_segment();
	}
	recorder_use(&port);
}

void recorder_flush(void)
{
	struct buf b = { 0 };

	if (rec.fd < 0)
		return;
	pthread_mutex_lock(&rec.lock);
	for (; rec.flushed < rec.next; rec.flushed++)
		write_entry(&b, &rec.ring[rec.flushed % RECORDER_KEPT]);
	pthread_mutex_unlock(&rec.lock);
	if (b.n) {
		ssize_t n = write(rec.fd, b.p, b.n);
		rec.size += n > 0 ? n : 0;
		if (rec.size > SEGMENT_MAX)
			turn_over();
	}
	buf_free(&b);
}

void recorder_close(void)
{
	if (!rec.on)
		return;
	recorder_flush();
	recorder_use(NULL);
	if (rec.fd >= 0)
		close(rec.fd);
	rec.fd = -1;
	free(rec.ring);
	free(rec.awaited);
	rec.ring = NULL;
	rec.awaited = NULL;
	rec.on = false;
}
