#include "cmd/doctor_walk.h"

#include "base/time.h"
#include "rpc/version.h"

#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ASK_S 10             /* for one answer, and for each step of it */
#define WALK_MS 120000       /* for all of them */
#define ANSWER_MAX (4 << 20) /* memory that one answer may take: 256 KiB of body, and what it is read with */
#define HEADERS_MAX 9

void walk_begin(struct walk *w, struct arena *mem, int64_t now)
{
	w->mem = w->v.mem = mem;
	w->now = now;
	w->end = time_mono_ms() + WALK_MS;
}

/* ---- time --------------------------------------------------------------------------------------------------------- */

static void wake(int sig)
{
	(void)sig;
}

/*
 * The limits of a socket are for each read: a peer that sends a byte now and then would hold us for hours.
 * So a signal, without SA_RESTART, ends whatever blocks when the time is up, and again each second.
 */
static void limit_begin(struct sigaction *before)
{
	const struct sigaction action = { .sa_handler = wake };
	const struct itimerval timer = { .it_value = { .tv_sec = ASK_S }, .it_interval = { .tv_sec = 1 } };

	(void)sigaction(SIGALRM, &action, before);
	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

static void limit_end(const struct sigaction *before)
{
	const struct itimerval none = { .it_value = { 0 } };

	(void)setitimer(ITIMER_REAL, &none, NULL);
	(void)sigaction(SIGALRM, before, NULL);
}

/* ---- questions ---------------------------------------------------------------------------------------------------- */

static void release(void *arg)
{
	arena_unref(arg);
}

/* Memory that one answer fills, however large it would be; it lives as long as the walk. */
static struct arena *answer_memory(struct walk *w)
{
	struct arena *mem = arena_new(ANSWER_MAX);

	arena_defer(w->mem, release, mem);
	return mem;
}

static size_t put_headers(const struct question *q, struct http_header *to)
{
	const struct http_header all[] = {
		{ S("Accept"),
		    q->accept.n     ? q->accept
			: q->body.n ? S("application/json, text/event-stream")
				    : S("application/json") },
		{ S("Content-Type"), q->body.n ? S("application/json") : S("") },
		{ S("MCP-Protocol-Version"), q->version },
		{ S("Mcp-Method"),
		    str_eq(q->version, S(RPC_VERSION_MODERN)) && q->body.n ? S("server/discover") : S("") },
		{ S("Origin"), q->origin },
		{ S("X-Forwarded-Host"), q->forwarded },
		{ S("Access-Control-Request-Method"), q->preflight.n ? S("POST") : S("") },
		{ S("Access-Control-Request-Headers"), q->preflight },
		{ S("Cookie"), q->cookie },
	};
	size_t n = 0;

	_Static_assert(COUNT(all) <= HEADERS_MAX, "each has its place");
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].value.n)
			to[n++] = all[i];
	return n;
}

static bool ask_now(struct walk *w, const struct question *q, struct probe_answer *out)
{
	struct http_header headers[HEADERS_MAX];
	struct sigaction before;
	struct url u;

	*out = (struct probe_answer){ .stage = PROBE_URL, .why = S("this is no address of http or https") };
	if (url_parse(q->url, &u) != OK)
		return false;
	const struct probe_ask ask = { .method = q->method,
		.url = address_plain(w->mem, &u),
		.headers = headers,
		.header_count = put_headers(q, headers),
		.body = q->body,
		.timeout_ms = ASK_S * 1000 };
	limit_begin(&before);
	probe_run(answer_memory(w), &ask, out);
	limit_end(&before);
	return out->stage == PROBE_DONE;
}

struct memo {
	struct remembered {
		struct question q;
		struct probe_answer a;
		const struct remembered *next;
	} * first;
};

struct memo *memo_new(struct arena *mem)
{
	struct memo *m = NEW(mem, struct memo);

	*m = (struct memo){ .first = NULL };
	return m;
}

static bool same_question(const struct question *a, const struct question *b)
{
	return str_eq(a->method, b->method) && str_eq(a->url, b->url) && str_eq(a->body, b->body) &&
	    str_eq(a->version, b->version) && str_eq(a->origin, b->origin) &&
	    str_eq(a->forwarded, b->forwarded) && str_eq(a->preflight, b->preflight) &&
	    str_eq(a->accept, b->accept) && str_eq(a->cookie, b->cookie);
}

bool walk_try(struct walk *w, const struct question *q, struct probe_answer *out)
{
	if (!w->memo)
		return ask_now(w, q, out);
	for (const struct remembered *r = w->memo->first; r; r = r->next) {
		if (!same_question(&r->q, q))
			continue;
		*out = r->a;
		return out->stage == PROBE_DONE;
	}
	struct remembered *kept = NEW(w->mem, struct remembered);
	bool done = ask_now(w, q, &kept->a);
	kept->q = *q;
	kept->next = w->memo->first;
	w->memo->first = kept;
	*out = kept->a;
	return done;
}

bool walk_ask(struct walk *w, const char *what, const struct question *q, struct probe_answer *out)
{
	if (!w->over && time_mono_ms() < w->end) {
		if (walk_try(w, q, out))
			return true;
		judge_silence(&w->v, what, q->url, out);
		return false;
	}
	if (!w->over)
		verdict_fail(&w->v, "time", "Look at why it is so slow: clients give up sooner.",
		    "two minutes are over, the rest was not looked at");
	w->over = true;
	return false;
}

/* ---- another Host ------------------------------------------------------------------------------------------------- */

static int dial(const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const struct timeval limit = { .tv_sec = ASK_S };
	struct addrinfo *list;
	int fd = -1;

	if (getaddrinfo(host, port, &hints, &list) != 0)
		return -1;
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd < 0)
			continue;
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
		if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

/* The head of the answer is all that is looked at. */
static bool exchange(int fd, struct arena *mem, str request, struct http_res *out)
{
	struct buf in = { .mem = mem, .max = HTTP_HEAD_MAX };
	size_t scan = 0, used = 0;

	if (send(fd, request.p, request.n, MSG_NOSIGNAL) != (ssize_t)request.n)
		return false;
	while (!used) {
		char *room = buf_room(&in, 1024);
		ssize_t n = room ? recv(fd, room, 1024, 0) : 0;
		if (n <= 0)
			return false;
		in.n += (size_t)n;
		if (http_parse_response(mem, buf_str(&in), &scan, false, out, &used) != OK)
			return false;
	}
	return true;
}

bool walk_ask_as(struct walk *w, struct http_res *out)
{
	static const str body = S_INIT("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
	struct arena *mem = answer_memory(w);
	struct sigaction before;
	str host = w->url.host, path = w->url.path.n ? w->url.path : S("/"), query = S("");

	if (!str_ieq(w->url.scheme, S("http")) || time_mono_ms() >= w->end)
		return false;
	if (str_starts(host, S("[")))
		host = str_sub(host, 1, host.n - 1);
	if (w->url.query.p)
		query = arena_printf(mem, "?%.*s", FMT(w->url.query));
	str request = arena_printf(mem,
	    "POST %.*s%.*s HTTP/1.1\r\nHost: " DOCTOR_FOREIGN_HOST "\r\nConnection: close\r\n"
	    "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
	    "Content-Length: %zu\r\n\r\n%.*s",
	    FMT(path), FMT(query), body.n, FMT(body));
	limit_begin(&before);
	int fd = dial(arena_copy(mem, host).p, arena_printf(mem, "%d", url_port(&w->url)).p);
	bool done = fd >= 0 && exchange(fd, mem, request, out);
	limit_end(&before);
	if (fd >= 0)
		close(fd);
	return done;
}
