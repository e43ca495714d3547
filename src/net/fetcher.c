#include "net/fetcher.h"
#include "base/log.h"
#include "base/time.h"
#include "net/fetch_wire.h"
#include "net/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAUSE_FIRST_MS 100 /* before a fetcher that died is started again; twice as long each time */
#define PAUSE_MOST_MS 5000
#define LIVED_WELL_MS 60000
#define GRACE_MS 500 /* what a job may take longer than its document before it is killed */

void fetch_say(struct fetch_told *told, enum fetch_result result, const char *why)
{
	told->result = result;
	told->why_n = (uint32_t)strnlen(why, FETCH_WHY_MAX);
	memcpy(told->why, why, told->why_n);
}

const char *fetch_result_name(enum fetch_result r)
{
	static const char *const names[FETCH_RESULT_COUNT] = { "ok", "url", "address", "name", "connect",
		"tls", "time", "size", "http", "busy", "gone" };

	return r < FETCH_RESULT_COUNT ? names[r] : "?";
}

/* --- the child: one slot a document */

enum slot_state { SLOT_FREE, SLOT_WAITS, SLOT_RUNS };

struct slot {
	enum slot_state state;
	pid_t pid;
	int fd; /* the answer's */
	int64_t deadline_ms;
	uint64_t turn; /* who came first */
	str host;      /* in ask */
	struct fetch_ask ask;
};

struct sitter {
	struct slot slots[FETCHER_JOBS_MAX + FETCHER_WAIT_MAX];
	uint64_t turn;
	int calls, children; /* descriptors */
};

static void tell(int fd, const struct fetch_told *told, char *body)
{
	struct iovec parts[2] = { { (void *)(uintptr_t)told, sizeof *told }, { body, told->body_n } };

	/* Whoever asked may have gone: that is its matter. */
	(void)packet_send(fd, parts, 2, NULL, 0);
}

static void refuse(int fd, enum fetch_result result, const char *why)
{
	struct fetch_told told = { .version = FETCH_VERSION };

	fetch_say(&told, result, why);
	tell(fd, &told, NULL);
}

static void give_back(struct slot *s)
{
	close(s->fd);
	s->state = SLOT_FREE;
}

/* A process of its own for one document of a stranger: little memory, no files, and a clock that it cannot outrun. */
static void limit_job(int64_t ms)
{
	struct rlimit files = { 64, 64 }, size = { 0, 0 }, cpu = { 5, 5 };
	struct itimerval clock = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	(void)setrlimit(RLIMIT_FSIZE, &size);
	(void)setrlimit(RLIMIT_CPU, &cpu);
#ifndef __SANITIZE_ADDRESS__ /* its shadow is terabytes */
	struct rlimit memory = { (rlim_t)512 << 20, (rlim_t)512 << 20 };
	(void)setrlimit(RLIMIT_AS, &memory);
#endif
	(void)setitimer(ITIMER_REAL, &clock, NULL);
}

static int job_fd;

/* A signal's: what it calls makes system calls and copies, no more. */
static void names_late(int sig)
{
	(void)sig;
	refuse(job_fd, FETCH_NAME, "no name server answered in time");
	_exit(0);
}

static void run_job(struct sitter *w, struct slot *s, int64_t left)
{
	static char body[FETCH_BODY_MAX];
	struct fetch_told told = { .version = FETCH_VERSION };
	int fd = s->fd;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	limit_job(left + GRACE_MS / 2);
	/* Not the channel of the fetcher, nor those of the other documents. */
	close(w->calls);
	close(w->children);
	for (size_t i = 0; i < COUNT(w->slots); i++)
		if (w->slots[i].state != SLOT_FREE && w->slots[i].fd != fd)
			close(w->slots[i].fd);
	s->ask.ms = (uint32_t)left;
	job_fd = fd;
	fetch_perform(&s->ask, &told, body, names_late);
	if (told.result != FETCH_OK)
		told.body_n = 0;
	tell(fd, &told, body);
	_exit(0);
}

static void start_job(struct sitter *w, struct slot *s)
{
	int64_t left = s->deadline_ms - time_mono_ms();

	if (left <= 0) {
		refuse(s->fd, FETCH_BUSY, "other documents of this host took all the time");
		give_back(s);
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		run_job(w, s, left);
	if (pid < 0) {
		refuse(s->fd, FETCH_BUSY, "the system has no process left");
		give_back(s);
		return;
	}
	s->pid = pid;
	s->state = SLOT_RUNS;
}

static bool may_start(const struct sitter *w, const struct slot *s)
{
	size_t running = 0, of_host = 0;

	for (size_t i = 0; i < COUNT(w->slots); i++)
		if (w->slots[i].state == SLOT_RUNS) {
			running++;
			of_host += str_ieq(w->slots[i].host, s->host);
		}
	return running < FETCHER_JOBS_MAX && of_host < FETCHER_HOST_MAX;
}

/* Those that waited longest first, as far as their hosts have room. */
static void start_jobs(struct sitter *w)
{
	for (;;) {
		struct slot *next = NULL;
		for (size_t i = 0; i < COUNT(w->slots); i++) {
			struct slot *s = &w->slots[i];
			if (s->state == SLOT_WAITS && (!next || s->turn < next->turn) && may_start(w, s))
				next = s;
		}
		if (!next)
			return;
		start_job(w, next);
	}
}

static bool ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool nets_ok(const struct fetch_ask *a)
{
	for (uint32_t i = 0; a->allow_n <= FETCH_ALLOW_MAX && i < a->allow_n; i++)
		if (a->allow[i].bits < 0 ||
		    a->allow[i].bits > (a->allow[i].base.family == ADDR_IPV4 ? 32 : 128))
			return false;
	return a->allow_n <= FETCH_ALLOW_MAX;
}

static bool well_formed(const struct fetch_ask *a, ssize_t n)
{
	return n == (ssize_t)sizeof *a && a->version == FETCH_VERSION && nets_ok(a) && a->max > 0 &&
	    a->max <= FETCH_BODY_MAX && a->ms > 0 && a->ms <= FETCH_MS_MAX && ends(a->url, sizeof a->url) &&
	    ends(a->accept, sizeof a->accept) && ends(a->authorities, sizeof a->authorities) &&
	    ends(a->form, sizeof a->form);
}

static struct slot *free_slot(struct sitter *w)
{
	for (size_t i = 0; i < COUNT(w->slots); i++)
		if (w->slots[i].state == SLOT_FREE)
			return &w->slots[i];
	return NULL;
}

/* One question off the channel. False at its end. */
static bool take_ask(struct sitter *w)
{
	static struct fetch_ask ask;
	int fds[CHILD_FDS_MAX], port;
	size_t fd_count;
	const char *why = "";
	str host;

	ssize_t n = packet_take(w->calls, &ask, sizeof ask, 0, fds, &fd_count);
	if (n == 0)
		return false;
	for (size_t i = 1; i < fd_count; i++)
		close(fds[i]);
	if (n < 0 || fd_count == 0)
		return true;
	struct slot *s = free_slot(w);
	enum fetch_result r = well_formed(&ask, n) ? fetch_look(&ask, &host, &port, &why) : FETCH_URL;
	if (r != FETCH_OK || !s) {
		refuse(fds[0], r != FETCH_OK ? r : FETCH_BUSY,
		    r != FETCH_OK ? why : "too many documents are waited for");
		close(fds[0]);
		return true;
	}
	s->state = SLOT_WAITS;
	s->fd = fds[0];
	s->deadline_ms = time_mono_ms() + ask.ms;
	s->turn = ++w->turn;
	s->ask = ask;
	s->host = (str){ s->ask.url + (host.p - ask.url), host.n };
	return true;
}

/* A job that exits has answered; for one that was killed we do. */
static void reap(struct sitter *w)
{
	struct signalfd_siginfo ignored;
	int status;
	pid_t pid;

	while (read(w->children, &ignored, sizeof ignored) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < COUNT(w->slots); i++) {
			struct slot *s = &w->slots[i];
			if (s->state != SLOT_RUNS || s->pid != pid)
				continue;
			if (WIFSIGNALED(status) && time_mono_ms() >= s->deadline_ms)
				refuse(s->fd, FETCH_TIME, "not all there in time");
			else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
				refuse(s->fd, FETCH_GONE, "the job ended before its document did");
			give_back(s);
		}
	}
}

/* Kills what is over its time; the milliseconds until the next such moment, -1: none. */
static int kill_late(struct sitter *w)
{
	int64_t now = time_mono_ms(), next = -1;

	for (size_t i = 0; i < COUNT(w->slots); i++) {
		struct slot *s = &w->slots[i];
		if (s->state == SLOT_FREE)
			continue;
		int64_t left = s->deadline_ms + (s->state == SLOT_RUNS ? GRACE_MS : 0) - now;
		if (left <= 0 && s->state == SLOT_RUNS) {
			(void)kill(s->pid, SIGKILL);
			left = GRACE_MS;
		} else if (left <= 0) {
			refuse(s->fd, FETCH_BUSY, "other documents of this host took all the time");
			give_back(s);
			continue;
		}
		if (next < 0 || left < next)
			next = left;
	}
	return (int)next;
}

/* Until the daemon is gone. */
static void sit(int fd)
{
	static struct sitter w;
	sigset_t ended;

	sigemptyset(&ended);
	sigaddset(&ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ended, NULL);
	w.calls = fd;
	w.children = signalfd(-1, &ended, SFD_NONBLOCK | SFD_CLOEXEC);
	if (w.children < 0)
		_exit(1);
	for (;;) {
		struct pollfd ready[2] = { { .fd = w.calls, .events = POLLIN },
			{ .fd = w.children, .events = POLLIN } };
		if (poll(ready, 2, kill_late(&w)) < 0 && errno != EINTR)
			_exit(1);
		if (ready[0].revents && !take_ask(&w))
			return;
		reap(&w);
		start_jobs(&w);
	}
}

/* --- who watches over it */

static pid_t start_sitter(int fd)
{
	pid_t self = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == self)
		sit(fd);
	_exit(0);
}

static int64_t pause_after(int64_t pause, int64_t lived)
{
	if (lived >= LIVED_WELL_MS)
		return PAUSE_FIRST_MS;
	return pause * 2 < PAUSE_MOST_MS ? pause * 2 : PAUSE_MOST_MS;
}

/* Waits for its end. One that was stopped serves nobody and would not end by itself, so it is ended. */
static pid_t wait_end(pid_t pid, int *status)
{
	pid_t got;

	while ((got = waitpid(pid, status, WUNTRACED)) > 0 || (got < 0 && errno == EINTR)) {
		if (got > 0 && !WIFSTOPPED(*status))
			return got;
		if (got > 0)
			(void)kill(pid, SIGKILL);
	}
	return -1;
}

/*
 * The daemon cannot fork a new fetcher once it has threads, keys and its sandbox; a process that was forked before it had
 * any of these can. It reads nothing that a stranger sent: it only starts the one that does, and waits for its end.
 */
static void watch(int fd, void *arg)
{
	int64_t pause = PAUSE_FIRST_MS / 2;
	int status = 0;
	(void)arg;

	sandbox_enter(NULL, 0); /* nothing to write, nowhere; who is started inherits it */
	for (;;) {
		int64_t begun = time_mono_ms();
		pid_t pid = start_sitter(fd), ended = pid > 0 ? wait_end(pid, &status) : -1;
		if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return; /* nobody is left to ask */
		pause = pause_after(pause, time_mono_ms() - begun);
		log_warn("the fetcher has ended and is started again",
		    LOG_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
		    LOG_INT("pause_ms", pause));
		(void)poll(NULL, 0, (int)pause);
	}
}

/* --- our side */

enum err fetcher_start(struct fetcher *f)
{
	return child_start(&f->child, "gh-fetch", watch, NULL);
}

void fetcher_stop(struct fetcher *f)
{
	child_stop(&f->child);
}

static bool put(char *room, size_t size, str text)
{
	if (text.n >= size || (text.n && memchr(text.p, '\0', text.n)))
		return false;
	if (text.n)
		memcpy(room, text.p, text.n);
	room[text.n] = '\0';
	return true;
}

static bool write_ask(struct fetch_ask *a, str url, const struct fetch_policy *p)
{
	size_t max = p->max && p->max < FETCH_BODY_MAX ? p->max : FETCH_BODY_MAX;
	int64_t ms = p->ms > 0 && p->ms < FETCH_MS_MAX ? p->ms : FETCH_MS_MAX;

	/* It is sent whole, so it starts as zeroes: what the stack held before is nobody's. */
	memset(a, 0, sizeof *a);
	a->version = FETCH_VERSION;
	a->max = (uint32_t)max;
	a->ms = (uint32_t)ms;
	/* What is no network opens nothing: the configuration was checked when it was read. */
	for (size_t i = 0; i < p->allow_count && a->allow_n < FETCH_ALLOW_MAX; i++)
		if (cidr_parse(p->allow[i], &a->allow[a->allow_n]) == OK)
			a->allow_n++;
	return put(a->url, sizeof a->url, url) &&
	    put(a->accept, sizeof a->accept, p->accept.n ? p->accept : S("application/json")) &&
	    put(a->authorities, sizeof a->authorities, p->authorities) &&
	    put(a->form, sizeof a->form, p->form);
}

/* The fetcher may have been taken over: its words are checked like a stranger's. */
static bool honest(const struct fetch_told *t, size_t n, const struct fetch_ask *a)
{
	return n >= sizeof *t && t->version == FETCH_VERSION && t->result < FETCH_RESULT_COUNT &&
	    t->type_n <= sizeof t->type && t->cache_n <= sizeof t->cache &&
	    t->expires_n <= sizeof t->expires && t->date_n <= sizeof t->date && t->age_n <= sizeof t->age &&
	    t->why_n <= sizeof t->why && t->body_n <= a->max && t->body_n == n - sizeof *t &&
	    (t->result == FETCH_OK ? t->status >= 100 && t->status <= 599 : t->body_n == 0);
}

static str keep(struct arena *mem, const char *p, size_t n)
{
	char *copy = n ? arena_alloc(mem, n) : NULL;

	if (copy)
		memcpy(copy, p, n);
	return (str){ copy, copy ? n : 0 };
}

static void fail(struct fetch_answer *out, enum fetch_result r, str why)
{
	*out = (struct fetch_answer){ .result = r, .why = why };
}

static void hear(int fd, const struct fetch_ask *ask, struct arena *mem, struct fetch_answer *out)
{
	size_t size = sizeof(struct fetch_told) + ask->max, fd_count;
	struct fetch_told *told = malloc(size);
	int fds[CHILD_FDS_MAX];

	if (!told)
		abort();
	ssize_t n = packet_take(fd, told, size, ask->ms + 2 * GRACE_MS, fds, &fd_count);
	for (size_t i = 0; i < fd_count; i++)
		close(fds[i]);
	if (n == 0)
		fail(out, FETCH_GONE, S("the fetcher has ended"));
	else if (n < 0)
		fail(out, FETCH_TIME, S("the fetcher did not answer in time"));
	else if (!honest(told, (size_t)n, ask))
		fail(out, FETCH_GONE, S("the fetcher's answer cannot be read"));
	else
		*out = (struct fetch_answer){
			.result = (enum fetch_result)told->result,
			.status = told->status,
			.type = keep(mem, told->type, told->type_n),
			.cache = keep(mem, told->cache, told->cache_n),
			.expires = keep(mem, told->expires, told->expires_n),
			.date = keep(mem, told->date, told->date_n),
			.age = keep(mem, told->age, told->age_n),
			.why = keep(mem, told->why, told->why_n),
			.body = keep(mem, (const char *)(told + 1), told->body_n),
		};
	free(told);
}

void fetcher_fetch(
    void *arg, str url, const struct fetch_policy *policy, struct arena *mem, struct fetch_answer *out)
{
	const struct fetcher *f = arg;
	struct fetch_ask ask;

	if (!write_ask(&ask, url, policy)) {
		fail(out, FETCH_URL, S("the address is longer than 2048 bytes, or the form than 8191"));
		return;
	}
	int fd = child_ask(&f->child, &ask, sizeof ask);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		fail(out, FETCH_BUSY, S("no file descriptor is left"));
		return;
	}
	if (fd < 0) {
		fail(out, FETCH_GONE, S("the fetcher has ended"));
		return;
	}
	hear(fd, &ask, mem, out);
	close(fd);
}
