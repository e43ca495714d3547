#include "net/journal.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "http/path.h"
#include "net/journal_files.h"
#include "net/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define RINGS_MAX 32 /* threads that add: loops */
#define WRITE_MS 200
#define SAY_MS 60000 /* between two lines about lost rows */
#define TIME_TEXT 20 /* "2026-11-20T09:30:00" and a NUL */

/* Longest texts of a row, in bytes before they are escaped (six for one at most): together they fit in a row. */
#define NAME_MAX_BYTES 64
#define WORD_MAX_BYTES 40

/* Rows between the one thread that adds and the one that writes. Both counts only grow; a row is never seen by half. */
struct ring {
	_Alignas(64) atomic_size_t head; /* bytes ever put in; the adding thread's */
	int64_t second;                  /* that text says */
	char text[TIME_TEXT];
	_Alignas(64) atomic_size_t tail; /* bytes ever taken out; the writing thread's */
	_Alignas(64) char bytes[JOURNAL_RING];
};

static struct {
	_Atomic(struct ring *) rings[RINGS_MAX];
	atomic_size_t claimed;
	atomic_int_fast64_t dropped;
	atomic_uint life; /* which opening this is: a thread's ring of the one before is gone */
	/* the writer's own */
	char dir[JOURNAL_PATH_MAX];
	struct thread thread;
	unsigned number;
	int fd;
	size_t size;
	bool torn; /* the file ends in the middle of a line */
	int64_t said, said_at;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
} jrn = { .fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER };

static _Thread_local struct ring *own;
static _Thread_local unsigned own_life;

/* --- a row as a line */

/* Cut, and without what would change a terminal: whoever reads the log sees names that strangers chose. */
static str tame(char *room, str s, size_t max)
{
	size_t n = s.n < max ? s.n : max;

	for (size_t i = 0; i < n; i++)
		room[i] = (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i];
	while (n && s.n > n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--; /* not in the middle of a sign */
	return (str){ room, n };
}

static void put_text(struct jout *j, str key, str value, size_t max)
{
	char room[NAME_MAX_BYTES];

	if (value.n)
		jout_str(j, key, tame(room, value, max));
}

/* Milliseconds with three digits behind the text of the second, which is made once a second. */
static void put_time(struct jout *j, struct ring *r, int64_t now_ms)
{
	char text[TIME_TEXT + 8];

	if (now_ms / 1000 != r->second) {
		struct arena *mem = arena_new(1024);
		str t = time_rfc3339(mem, now_ms / 1000);
		memcpy(r->text, t.p, TIME_TEXT - 1);
		r->second = now_ms / 1000;
		arena_unref(mem);
	}
	int ms = (int)(now_ms % 1000);
	memcpy(text, r->text, TIME_TEXT - 1);
	text[19] = '.';
	text[20] = (char)('0' + ms / 100);
	text[21] = (char)('0' + ms / 10 % 10);
	text[22] = (char)('0' + ms % 10);
	text[23] = 'Z';
	jout_str(j, S("time"), (str){ text, 24 });
}

static void write_row(struct ring *r, const struct journal_row *row, int64_t now_ms, struct buf *out)
{
	struct jout j = JOUT(out);
	char room[PATH_SHOWN];

	jout_object(&j, S(""));
	put_time(&j, r, now_ms);
	put_text(&j, S("event"), row->event, WORD_MAX_BYTES);
	put_text(&j, S("id"), row->id, WORD_MAX_BYTES);
	put_text(&j, S("reason"), row->reason, WORD_MAX_BYTES);
	put_text(&j, S("user"), row->user, NAME_MAX_BYTES);
	put_text(&j, S("client"), row->client, NAME_MAX_BYTES);
	put_text(&j, S("grant"), row->grant, NAME_MAX_BYTES);
	put_text(&j, S("method"), row->method, WORD_MAX_BYTES);
	if (row->path.n)
		jout_str(&j, S("path"), path_show(room, row->path));
	put_text(&j, S("tool"), row->tool, NAME_MAX_BYTES);
	if (row->status)
		jout_int(&j, S("status"), row->status);
	if (row->begun_ms)
		jout_int(&j, S("ms"), now_ms > row->begun_ms ? now_ms - row->begun_ms : 0);
	if (row->counted) {
		jout_int(&j, S("up"), row->up);
		jout_int(&j, S("down"), row->down);
	}
	put_text(&j, S("peer"), row->peer, NAME_MAX_BYTES);
	jout_end(&j);
	buf_char(out, '\n');
}

/* --- the adding thread's side */

/* A ring of the calling thread's own; NULL when there are too many threads. */
static struct ring *claim(unsigned life)
{
	size_t i = atomic_fetch_add(&jrn.claimed, 1);
	struct ring *r = i < RINGS_MAX ? aligned_alloc(64, sizeof *r) : NULL;

	if (r) {
		atomic_init(&r->head, 0);
		atomic_init(&r->tail, 0);
		r->second = -1;
		atomic_store_explicit(&jrn.rings[i], r, memory_order_release);
	}
	own = r;
	own_life = life;
	return r;
}

static void drop(int64_t rows)
{
	atomic_fetch_add_explicit(&jrn.dropped, rows, memory_order_relaxed);
}

static bool push(struct ring *r, str bytes)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t used = head - atomic_load_explicit(&r->tail, memory_order_acquire);
	size_t at = head % JOURNAL_RING, first = JOURNAL_RING - at;

	if (used + bytes.n > JOURNAL_RING)
		return false;
	if (first > bytes.n)
		first = bytes.n;
	memcpy(r->bytes + at, bytes.p, first);
	memcpy(r->bytes, bytes.p + first, bytes.n - first);
	atomic_store_explicit(&r->head, head + bytes.n, memory_order_release);
	return true;
}

static void add(const struct journal_row *row)
{
	char text[JOURNAL_ROW_MAX];
	struct buf b = { .p = text, .cap = sizeof text, .max = sizeof text };
	unsigned life = atomic_load_explicit(&jrn.life, memory_order_relaxed);
	struct ring *r = own_life == life ? own : claim(life);
	struct timespec ts;

	if (!r) {
		drop(1);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	write_row(r, row, (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000, &b);
	if (b.full || !push(r, buf_str(&b)))
		drop(1);
}

static const struct journal_port port = { add };

int64_t journal_dropped(void)
{
	return atomic_load_explicit(&jrn.dropped, memory_order_relaxed);
}

/* --- the segments */

/* Removes what is older than the JOURNAL_SEGMENTS that are kept. */
static void forget_old(void)
{
	unsigned numbers[JOURNAL_SEEN_MAX];
	char path[JOURNAL_PATH_MAX];
	size_t n = journal_numbers(str_of(jrn.dir), numbers);

	for (size_t i = 0; i + JOURNAL_SEGMENTS < n; i++) {
		journal_path(path, str_of(jrn.dir), numbers[i]);
		(void)unlink(path);
	}
}

static bool ends_in_line(int fd, size_t size)
{
	char last;

	return size == 0 || (pread(fd, &last, 1, (off_t)size - 1) == 1 && last == '\n');
}

static void open_segment(unsigned number)
{
	char path[JOURNAL_PATH_MAX];
	struct stat st;

	journal_path(path, str_of(jrn.dir), number);
	jrn.number = number;
	jrn.fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	jrn.size = jrn.fd >= 0 && fstat(jrn.fd, &st) == 0 ? (size_t)st.st_size : 0;
	jrn.torn = jrn.fd >= 0 && !ends_in_line(jrn.fd, jrn.size);
	forget_old();
}

static int64_t count_lines(const char *p, size_t n)
{
	int64_t lines = 0;

	for (const char *end = p + n; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		lines++;
	return lines;
}

/* A segment with room for n bytes; false when there is none to be had, which is tried again with the next rows. */
static bool ready(size_t n)
{
	if (jrn.fd >= 0 && jrn.size + jrn.torn + n > JOURNAL_SEGMENT_MAX) {
		close(jrn.fd);
		jrn.fd = -1;
		jrn.number++;
	}
	if (jrn.fd < 0)
		open_segment(jrn.number);
	return jrn.fd >= 0;
}

/* Whole rows to the segment, in two pieces when the ring turned in between. What does not get there is counted. */
static void write_out(struct iovec *a, struct iovec *b)
{
	char line_end[] = "\n";
	size_t rows = a->iov_len + b->iov_len, done = 0;

	if (ready(rows)) {
		struct iovec parts[] = { { line_end, jrn.torn }, *a, *b };
		size_t lead = jrn.torn;
		ssize_t n = writev(jrn.fd, parts, COUNT(parts));
		size_t wrote = n > 0 ? (size_t)n : 0;
		jrn.size += wrote;
		done = wrote > lead ? wrote - lead : 0;
		if (wrote)
			jrn.torn = done > 0 && done < rows;
	}
	if (done == rows)
		return;
	size_t in_a = done < a->iov_len ? done : a->iov_len, in_b = done - in_a;
	drop(count_lines((const char *)a->iov_base + in_a, a->iov_len - in_a) +
	    count_lines((const char *)b->iov_base + in_b, b->iov_len - in_b));
}

static void flush_ring(struct ring *r)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	size_t at = tail % JOURNAL_RING, n = head - tail;

	if (n == 0)
		return;
	size_t first = n < JOURNAL_RING - at ? n : JOURNAL_RING - at;
	write_out(&(struct iovec){ r->bytes + at, first }, &(struct iovec){ r->bytes, n - first });
	atomic_store_explicit(&r->tail, head, memory_order_release);
}

static void flush(void)
{
	for (size_t i = 0; i < RINGS_MAX; i++) {
		struct ring *r = atomic_load_explicit(&jrn.rings[i], memory_order_acquire);
		if (r)
			flush_ring(r);
	}
}

static void say_lost(void)
{
	int64_t lost = journal_dropped(), now = time_mono_ms();

	if (lost == jrn.said || (jrn.said && now - jrn.said_at < SAY_MS))
		return;
	log_warn("rows of the journal were lost: the disk is full or too slow",
	    LOG_INT("rows", lost - jrn.said), LOG_INT("since_start", lost));
	jrn.said = lost;
	jrn.said_at = now;
}

/* Sleeps; false when it is time to end. */
static bool rest(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += WRITE_MS * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&jrn.lock);
	if (!jrn.stop)
		(void)pthread_cond_timedwait(&jrn.wake, &jrn.lock, &at);
	bool go_on = !jrn.stop;
	pthread_mutex_unlock(&jrn.lock);
	return go_on;
}

static void writing(void *arg)
{
	(void)arg;
	while (rest()) {
		flush();
		say_lost();
	}
}

void journal_open(str dir)
{
	unsigned numbers[JOURNAL_SEEN_MAX];
	pthread_condattr_t attr;

	if (dir.n == 0 || str_eq(dir, S("none")) || dir.n >= sizeof jrn.dir - 32) {
		log_info("there is no data directory, so calls and refusals are not kept in a journal");
		return;
	}
	memcpy(jrn.dir, dir.p, dir.n);
	jrn.dir[dir.n] = '\0';
	atomic_store(&jrn.dropped, 0);
	atomic_store(&jrn.claimed, 0);
	atomic_fetch_add(&jrn.life, 1); /* never 0, which is what a thread begins with */
	jrn.said = jrn.said_at = 0;
	jrn.stop = false;
	size_t n = journal_numbers(dir, numbers);
	open_segment(n ? numbers[n - 1] : 1);
	if (jrn.fd < 0)
		log_warn("the journal cannot be written", LOG_STR("directory", dir),
		    LOG_STRZ("error", strerror(errno)));
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&jrn.wake, &attr);
	pthread_condattr_destroy(&attr);
	jrn.thread = (struct thread){ .name = "gh-journal", .run = writing, .nice = 5 };
	if (thread_start(&jrn.thread) != OK)
		log_warn("the journal's thread does not start: rows are written at the end only");
	journal_use(&port);
}

void journal_close(void)
{
	if (jrn.dir[0] == '\0')
		return;
	journal_use(NULL);
	pthread_mutex_lock(&jrn.lock);
	jrn.stop = true;
	pthread_mutex_unlock(&jrn.lock);
	pthread_cond_broadcast(&jrn.wake);
	thread_join(&jrn.thread);
	flush();
	say_lost();
	for (size_t i = 0; i < RINGS_MAX; i++) {
		free(atomic_load(&jrn.rings[i]));
		atomic_store(&jrn.rings[i], NULL);
	}
	if (jrn.fd >= 0)
		close(jrn.fd);
	jrn.fd = -1;
	pthread_cond_destroy(&jrn.wake);
	jrn.dir[0] = '\0';
}
