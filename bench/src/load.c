/*
 * load [-t] [-n] [-c connections] [-d seconds] [-w seconds of warming up] [-r rows] [-s stock] [-k one answer in so many] PORT SCRIPT
 *
 * A load generator with a closed loop: each connection runs the script's steps one after the other, and again, over
 * HTTP/1.1 to 127.0.0.1, with -t under TLS 1.3. A connection keeps the row it began with; with -n each iteration has the next. Every answer is looked at; one that is not right is an error and never counts. Prints one JSON object.
 */
#include "line.h"
#include "script.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 65536, KINDS = 8, SAMPLES = 64, ERRORS_MAX = 20000 };

enum state { CONNECTING, SHAKING, SENDING, READING, ENDED };

struct conn {
	struct line line;
	int step;
	enum state state;
	bool fresh; /* no answer has come over it yet */
	char *values[VARS];
	char *out, *in;
	size_t out_len, out_room, sent, in_len;
	uint64_t begun; /* this iteration */
};

/* What lies in c->in, once it is whole. */
struct answer {
	int status;
	char *head_end, *body;
	size_t body_len;
	bool close;
};

static struct script script;
static struct sockaddr_in to = { .sin_family = AF_INET };
static int poll_fd, alive;
static bool deal_anew; /* a new row for each iteration */
static size_t dealt;
static char host[32];
static uint64_t count_from, count_to;
static uint64_t iterations, all_iterations, errors, lost, sample_every = 400;
static uint32_t *times;
static size_t time_count, time_room;
static char *samples[SAMPLES];
static int sample_count;
static struct {
	char *what;
	uint64_t count;
} kinds[KINDS];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void fault(const char *format, ...)
{
	char what[300];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	errors++;
	for (int i = 0; i < KINDS; i++) {
		if (!kinds[i].what)
			kinds[i].what = strdup(what);
		if (kinds[i].what && strcmp(kinds[i].what, what) == 0) {
			kinds[i].count++;
			return;
		}
	}
}

/* ---- sending */

static void put(struct conn *c, const char *p, size_t n)
{
	if (c->out_len + n > c->out_room)
		c->out = grow(c->out, c->out_room = (c->out_len + n) * 2);
	memcpy(c->out + c->out_len, p, n);
	c->out_len += n;
}

static void put_encoded(struct conn *c, const char *p)
{
	for (; *p; p++) {
		char hex[4];
		if (isalnum((unsigned char)*p) || strchr("-._~", *p))
			put(c, p, 1);
		else
			put(c, hex, (size_t)snprintf(hex, sizeof hex, "%%%02X", (unsigned char)*p));
	}
}

static const char *value_of(struct conn *c, int var)
{
	if (var != script.stock_var)
		return c->values[var];
	if (script.stock_used == script.stock_count)
		die("the stock of %s is used up", script.vars[var]);
	return script.stock[script.stock_used++];
}

static void put_text(struct conn *c, const struct text *t)
{
	for (int i = 0; i < t->count; i++) {
		const struct piece *p = &t->pieces[i];
		const char *value = p->var < 0 ? NULL : value_of(c, p->var);
		if (p->var < 0)
			put(c, p->text, p->len);
		else if (value && p->encode)
			put_encoded(c, value);
		else if (value)
			put(c, value, strlen(value));
	}
}

static void put_request(struct conn *c, const struct step *step)
{
	char line[96];

	c->out_len = c->sent = 0;
	put(c, step->method, strlen(step->method));
	put(c, " ", 1);
	put_text(c, &step->path);
	put(c, line, (size_t)snprintf(line, sizeof line, " HTTP/1.1\r\nHost: %s\r\n", host));
	for (int i = 0; i < step->header_count; i++) {
		put_text(c, &step->headers[i]);
		put(c, "\r\n", 2);
	}
	size_t at = c->out_len;
	if (step->has_body)
		put_text(c, &step->body);
	size_t body = c->out_len - at;
	int n = step->has_body ? snprintf(line, sizeof line, "Content-Length: %zu\r\n\r\n", body)
			       : snprintf(line, sizeof line, "\r\n");
	put(c, line, (size_t)n); /* makes room; then the body moves behind it */
	memmove(c->out + at + n, c->out + at, body);
	memcpy(c->out + at, line, (size_t)n);
}

static void watch(struct conn *c, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (epoll_ctl(poll_fd, EPOLL_CTL_MOD, c->line.fd, &e) != 0)
		epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->line.fd, &e);
}

static void end(struct conn *c)
{
	line_close(&c->line);
	c->state = ENDED;
	alive--;
}

static void hang_up(struct conn *c)
{
	line_close(&c->line);
}

static void dial(struct conn *c)
{
	int one = 1;

	line_open(&c->line, socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	setsockopt(c->line.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c->fresh = true;
	c->state = CONNECTING;
	c->sent = c->in_len = 0;
	if (connect(c->line.fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
		fault("connect: %s", strerror(errno));
		lost++;
		end(c);
		return;
	}
	watch(c, EPOLLOUT);
}

static void ask(struct conn *c);

/* The iteration has failed. A chain has lost its token with it. */
static void fail(struct conn *c)
{
	c->step = 0;
	if (script.chain || errors > ERRORS_MAX) {
		lost++;
		end(c);
		return;
	}
	ask(c);
}

/* The connection broke: an old one that the server gave up is dialled again, otherwise it is an error. */
static void broken(struct conn *c, const char *what)
{
	bool old = !c->fresh && c->in_len == 0;

	hang_up(c);
	if (old) {
		dial(c);
		return;
	}
	fault("%s", what);
	fail(c);
}

static void send_more(struct conn *c)
{
	while (c->sent < c->out_len) {
		ssize_t n = line_send(&c->line, c->out + c->sent, c->out_len - c->sent);
		if (n < 0 && errno == EAGAIN) {
			c->state = SENDING;
			watch(c, EPOLLOUT);
			return;
		}
		if (n < 0) {
			broken(c, "the connection broke while sending");
			return;
		}
		c->sent += (size_t)n;
	}
	if (c->state != READING) /* else it is watched for that already */
		watch(c, EPOLLIN);
	c->state = READING;
}

static void ask(struct conn *c)
{
	uint64_t now = now_ns();

	if (c->step == 0) {
		c->begun = now;
		if (now >= count_to) {
			end(c);
			return;
		}
	}
	c->in_len = 0;
	put_request(c, &script.steps[c->step]);
	if (c->line.fd < 0)
		dial(c);
	else
		send_more(c);
}

/* ---- reading */

static char *header(char *head, char *head_end, const char *name)
{
	size_t n = strlen(name);

	for (char *p = head; p < head_end; p++) {
		p = memchr(p, '\n', (size_t)(head_end - p));
		if (!p)
			return NULL;
		if ((size_t)(head_end - p) > n + 1 && strncasecmp(p + 1, name, n) == 0 && p[n + 1] == ':')
			return p + n + 2 + strspn(p + n + 2, " ");
	}
	return NULL;
}

/* True when the whole answer is here. c->in ends with a NUL. */
static bool whole(struct conn *c, struct answer *a)
{
	a->head_end = strstr(c->in, "\r\n\r\n");
	if (!a->head_end)
		return false;
	char *length = header(c->in, a->head_end, "content-length"),
	     *close = header(c->in, a->head_end, "connection");
	a->status = atoi(c->in + 9);
	a->body = a->head_end + 4;
	a->body_len = length ? strtoul(length, NULL, 10) : 0;
	a->close = close && strncasecmp(close, "close", 5) == 0;
	return c->in_len - (size_t)(a->body - c->in) >= a->body_len;
}

static bool find_json(const struct answer *a, const char *key, char **begin, char **stop)
{
	char name[64];
	size_t n = (size_t)snprintf(name, sizeof name, "\"%s\":\"", key);

	*begin = memmem(a->body, a->body_len, name, n);
	if (!*begin)
		return false;
	*begin += n;
	*stop = memchr(*begin, '"', a->body_len - (size_t)(*begin - a->body));
	return *stop != NULL;
}

static bool find_parameter(struct conn *c, const struct answer *a, const char *key, char **begin, char **stop)
{
	char *p = header(c->in, a->head_end, "location");
	size_t n = strlen(key);

	for (; p && *p != '\r' && *p; p++)
		if ((*p == '?' || *p == '&') && strncmp(p + 1, key, n) == 0 && p[n + 1] == '=') {
			*begin = p + n + 2;
			*stop = *begin + strcspn(*begin, "&#\r");
			return true;
		}
	return false;
}

static bool take(struct conn *c, const struct answer *a, const struct take *t)
{
	char *begin, *stop;

	if (t->location ? !find_parameter(c, a, t->key, &begin, &stop) : !find_json(a, t->key, &begin, &stop))
		return false;
	free(c->values[t->var]);
	c->values[t->var] = strndup(begin, (size_t)(stop - begin));
	return true;
}

/* What makes this answer a wrong one; NULL when it is right. */
static const char *wrong(struct conn *c, const struct answer *a, const struct step *step)
{
	bool expected = false;

	for (int i = 0; i < step->expect_count; i++)
		expected |= step->expects[i] == a->status;
	if (!expected)
		return "the status";
	if (step->must && !memmem(a->body, a->body_len, step->must, strlen(step->must)))
		return "the body";
	for (int i = 0; i < step->take_count; i++)
		if (!take(c, a, &step->takes[i]))
			return step->takes[i].key;
	return NULL;
}

static void count(struct conn *c, const struct answer *a)
{
	uint64_t now = now_ns();

	all_iterations++;
	if (all_iterations % sample_every == 1 && sample_count < SAMPLES)
		samples[sample_count++] = strndup(a->body, a->body_len);
	if (now < count_from || now > count_to)
		return;
	iterations++;
	if (time_count == time_room)
		times = grow(times, sizeof *times * (time_room = time_room ? time_room * 2 : 65536));
	times[time_count++] = (uint32_t)((now - c->begun) / 1000);
}

/* The next row for this connection; with -n of each iteration, else it keeps the one that it began with. */
static void deal(struct conn *c)
{
	for (int k = 0; script.row_count && k < script.column_count; k++) {
		free(c->values[script.columns[k]]);
		c->values[script.columns[k]] = strdup(script.rows[dealt % script.row_count][k]);
	}
	dealt++;
}

static void judge(struct conn *c, const struct answer *a)
{
	const char *why = wrong(c, a, &script.steps[c->step]);

	c->fresh = false;
	if (why)
		fault("step %d: %s, %d: %.*s", c->step, why, a->status,
		    (int)(a->body_len > 160 ? 160 : a->body_len), a->body);
	else if (c->step == script.count - 1)
		count(c, a);
	if (a->close)
		hang_up(c);
	if (why) {
		fail(c);
		return;
	}
	c->step = (c->step + 1) % script.count;
	if (c->step == 0 && deal_anew)
		deal(c);
	ask(c);
}

static void read_more(struct conn *c)
{
	struct answer a;

	if (c->in_len >= ROOM - 1) {
		broken(c, "an answer that is too long");
		return;
	}
	ssize_t n = line_recv(&c->line, c->in + c->in_len, ROOM - 1 - c->in_len);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		broken(c, n < 0 ? "the connection broke" : "the connection was closed");
		return;
	}
	c->in_len += (size_t)n;
	c->in[c->in_len] = 0;
	if (whole(c, &a))
		judge(c, &a);
}

static void shake(struct conn *c)
{
	bool writing = false;

	c->state = SHAKING;
	switch (line_shake(&c->line, &writing)) {
	case 1:
		c->state = SENDING;
		send_more(c);
		break;
	case 0:
		watch(c, writing ? EPOLLOUT : EPOLLIN);
		break;
	default:
		broken(c, "the handshake failed");
	}
}

static void connected(struct conn *c)
{
	int e = 0;
	socklen_t n = sizeof e;

	getsockopt(c->line.fd, SOL_SOCKET, SO_ERROR, &e, &n);
	if (e) {
		fault("connect: %s", strerror(e));
		lost++;
		end(c);
		return;
	}
	shake(c);
}

static void ready(struct conn *c)
{
	if (c->state == CONNECTING)
		connected(c);
	else if (c->state == SHAKING)
		shake(c);
	else if (c->state == SENDING)
		send_more(c);
	else if (c->state == READING)
		read_more(c);
}

/* ---- the end */

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static double part(double p)
{
	return time_count ? times[(size_t)((double)(time_count - 1) * p)] / 1000.0 : 0;
}

static void print_string(const char *s)
{
	putchar('"');
	for (; *s; s++)
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < 32)
			printf("\\u%04x", (unsigned)*s);
		else
			putchar(*s);
	putchar('"');
}

static void report(double seconds)
{
	qsort(times, time_count, sizeof *times, compare);
	printf("{\"seconds\":%.2f,\"iterations\":%llu,\"all\":%llu,\"errors\":%llu,\"lost\":%llu,", seconds,
	    (unsigned long long)iterations, (unsigned long long)all_iterations, (unsigned long long)errors,
	    (unsigned long long)lost);
	printf("\"p50\":%.3f,\"p99\":%.3f,\"kinds\":[", part(.5), part(.99));
	for (int i = 0; i < KINDS && kinds[i].what; i++) {
		printf("%s{\"count\":%llu,\"what\":", i ? "," : "", (unsigned long long)kinds[i].count);
		print_string(kinds[i].what);
		putchar('}');
	}
	printf("],\"samples\":[");
	for (int i = 0; i < sample_count; i++) {
		if (i)
			putchar(',');
		print_string(samples[i]);
	}
	printf("]}\n");
}

static void begin(struct conn *c)
{
	c->line.fd = -1;
	c->in = grow(NULL, ROOM);
	deal(c);
	alive++;
	ask(c);
}

static void run(void)
{
	struct epoll_event events[256];

	while (alive > 0 && now_ns() < count_to + 3000000000) {
		int n = epoll_wait(poll_fd, events, 256, 100);
		for (int i = 0; i < n; i++)
			ready(events[i].data.ptr);
	}
	for (; alive > 0; alive--)
		fault("no answer within three seconds of the end");
}

int main(int argc, char **argv)
{
	size_t conns = 64;
	double seconds = 5, warm = 1;
	const char *rows = NULL, *stock = NULL;

	for (int o; (o = getopt(argc, argv, "tnc:d:w:r:s:k:")) != -1;)
		switch (o) {
		case 't':
			line_use_tls();
			break;
		case 'n':
			deal_anew = true;
			break;
		case 'c':
			conns = (size_t)atoi(optarg);
			break;
		case 'd':
			seconds = atof(optarg);
			break;
		case 'w':
			warm = atof(optarg);
			break;
		case 'r':
			rows = optarg;
			break;
		case 's':
			stock = optarg;
			break;
		case 'k':
			sample_every = strtoull(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	if (argc - optind != 2 || conns == 0 || sample_every < 2)
		die("usage: load [-t] [-n] [-c connections] [-d seconds] [-w seconds] [-r rows] [-s stock] [-k every] PORT "
		    "SCRIPT");
	to.sin_port = htons((uint16_t)atoi(argv[optind]));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* The name that the daemon is told to be. */
	snprintf(host, sizeof host, "localhost:%s", argv[optind]);
	script_load(&script, argv[optind + 1]);
	if (rows)
		rows_load(&script, rows);
	if (stock)
		stock_load(&script, stock);
	poll_fd = epoll_create1(0);
	count_from = now_ns() + (uint64_t)(warm * 1e9);
	count_to = count_from + (uint64_t)(seconds * 1e9);
	struct conn *all = calloc(conns, sizeof *all);
	if (!all)
		die("out of memory");
	for (size_t i = 0; i < conns; i++)
		begin(&all[i]);
	run();
	report(seconds);
	return 0;
}
