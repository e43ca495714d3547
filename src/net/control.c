#include "net/control.h"
#include "net/inlet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEERS_MAX 64

struct control_peer {
	struct watch watch; /* first */
	struct control *control;
	struct control_peer *next, **link;
	struct control_call *call; /* being answered */
	struct buf in, out;        /* heap */
	unsigned uid;
	int fd;
	bool running, closed;
};

struct control {
	struct watch watch; /* first */
	struct loop *loop;
	const struct control_hooks *hooks;
	void *arg;
	struct control_peer *peers;
	size_t count;
	int fd;
	char path[108];
};

static void gone(struct watch *w)
{
	free(w);
}

static void drop(struct control_peer *p)
{
	if (p->closed)
		return;
	p->closed = true;
	*p->link = p->next;
	if (p->next)
		p->next->link = p->link;
	p->control->count--;
	if (p->call) {
		p->call->peer = NULL;
		arena_unref(p->call->mem);
	}
	buf_free(&p->in);
	buf_free(&p->out);
	watch_close(&p->watch, gone);
	close(p->fd);
}

/* Sends what waits. False when the peer has gone. */
static bool flush(struct control_peer *p)
{
	while (p->out.n) {
		ssize_t n = send(p->fd, p->out.p, p->out.n, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n <= 0) {
			drop(p);
			return false;
		}
		buf_shift(&p->out, (size_t)n);
	}
	watch_set(&p->watch, (p->call ? 0 : WATCH_READ) | (p->out.n ? WATCH_WRITE : 0));
	return true;
}

static void refuse(struct control_peer *p, const char *words)
{
	struct jout j = JOUT(&p->out);

	jout_object(&j, S(""));
	jout_bool(&j, S("ok"), false);
	jout_str(&j, S("error"), S("JSON_SYNTAX"));
	jout_strz(&j, S("message"), words);
	jout_end(&j);
	buf_char(&p->out, '\n');
}

static void ask(struct control_peer *p, str line)
{
	struct arena *mem = arena_new(CONTROL_LINE_MAX * 8);
	struct control_call *call = NEW(mem, struct control_call);
	const struct json *o;

	*call = (struct control_call){ .mem = mem, .uid = p->uid, .peer = p };
	line = arena_copy(mem, line);
	if (json_parse(mem, line, &o, NULL) != OK || json_get_str(o, S("op")).n == 0) {
		refuse(p, "the request is no JSON object with an op");
		arena_unref(mem);
		return;
	}
	call->op = json_get_str(o, S("op"));
	call->args = json_get(o, S("args"));
	p->call = call;
	p->control->hooks->asked(call, p->control->arg);
}

/* One line after the other, as long as each is answered at once. */
static void run(struct control_peer *p)
{
	str line, rest;

	if (p->running)
		return;
	p->running = true;
	while (!p->closed && !p->call && str_cut(buf_str(&p->in), '\n', &line, &rest)) {
		size_t used = line.n + 1;
		line = (str){ line.p, line.n };
		ask(p, line); /* copies the line */
		if (!p->closed)
			buf_shift(&p->in, used);
	}
	p->running = false;
	if (!p->closed)
		(void)flush(p);
}

void control_answer(struct control_call *call, str json)
{
	struct control_peer *p = call->peer;

	if (!p)
		return;
	buf_put(&p->out, json);
	buf_char(&p->out, '\n');
	call->peer = NULL;
	p->call = NULL;
	arena_unref(call->mem);
	run(p);
}

static void on_peer(struct watch *w, int events)
{
	struct control_peer *p = (struct control_peer *)(void *)w;

	if (events == 0) {
		drop(p);
		return;
	}
	if (events & WATCH_WRITE && !flush(p))
		return;
	if (!(events & WATCH_READ))
		return;
	char *room = p->in.n < CONTROL_LINE_MAX ? buf_room(&p->in, 4096) : NULL;
	ssize_t n = room ? recv(p->fd, room, 4096, 0) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n <= 0) {
		drop(p);
		return;
	}
	p->in.n += (size_t)n;
	run(p);
}

/* The file's mode says it already; a socket that was passed on, or a wider umask of the future, must not change it. */
static bool trusted(int fd, unsigned *uid)
{
	struct ucred cred;
	socklen_t n = sizeof cred;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return false;
	*uid = cred.uid;
	return cred.uid == geteuid() || cred.uid == 0;
}

static void on_connect(struct watch *w, int events)
{
	struct control *k = (struct control *)(void *)w;
	unsigned uid;
	(void)events;

	int fd = accept4(k->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	struct control_peer *p = calloc(1, sizeof *p);
	if (!p)
		abort();
	if (!trusted(fd, &uid) || k->count >= PEERS_MAX ||
	    watch_open(k->loop, &p->watch, fd, WATCH_READ, on_peer) != OK) {
		close(fd);
		free(p);
		return;
	}
	p->control = k;
	p->fd = fd;
	p->uid = uid;
	p->next = k->peers;
	p->link = &k->peers;
	if (p->next)
		p->next->link = &p->next;
	k->peers = p;
	k->count++;
}

enum err control_open(struct loop *l, str path, const struct control_hooks *hooks, void *arg,
    struct control **out, struct buf *why)
{
	int fd;

	TRY(inlet_unix(path, 0600, &fd, why));
	struct control *k = calloc(1, sizeof *k);
	if (!k)
		abort();
	k->loop = l;
	k->hooks = hooks;
	k->arg = arg;
	k->fd = fd;
	memcpy(k->path, path.p, path.n);
	if (watch_open(l, &k->watch, fd, WATCH_READ, on_connect) != OK) {
		buf_put(why, S("the control socket cannot be watched"));
		close(fd);
		free(k);
		return ERR_INTERNAL;
	}
	*out = k;
	return OK;
}

void control_close(struct control *k)
{
	if (!k)
		return;
	while (k->peers)
		drop(k->peers);
	(void)unlink(k->path);
	watch_close(&k->watch, gone);
	close(k->fd);
}
