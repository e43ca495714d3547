#include "net/inlet.h"
#include "net/addr.h"
#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
#define FIRST_INHERITED 3 /* sd_listen_fds(3): SD_LISTEN_FDS_START */

static enum err add(struct inlets *ls, int fd, bool ops, bool local, str path, struct buf *why)
{
	if (ls->count == INLETS_MAX) {
		buf_printf(why, "more than %d listening addresses", INLETS_MAX);
		close(fd);
		return ERR_INTERNAL;
	}
	struct inlet *l = &ls->items[ls->count++];
	*l = (struct inlet){ .fd = fd, .ops = ops, .local = local };
	if (path.n)
		memcpy(l->path, path.p, path.n);
	return OK;
}

static void set(int fd, int level, int name)
{
	int one = 1;

	(void)setsockopt(fd, level, name, &one, sizeof one);
}

/* Accepted connections inherit it: system calls less for each. */
static void settle(int fd)
{
	socket_at_once(fd);
	socket_mortal(fd);
}

/* Says what stands in the way, and what to do about it. */
static enum err refuse(struct buf *why, str text, int error, int port)
{
	buf_put(why, text);
	switch (error) {
	case EADDRINUSE:
		buf_put(why,
		    S(" is already in use: another program, perhaps another Gatehouse, listens there. "
		      "Stop it, or choose another address with --listen."));
		break;
	case EACCES:
		buf_printf(why,
		    " may not be listened on by this user: ports below 1024 need a right of their own (port "
		    "%d); "
		    "choose a higher one with --listen, or let systemd or a proxy hold it.",
		    port);
		break;
	case EADDRNOTAVAIL:
		buf_put(why,
		    S(" is no address of this machine. Give one that it has, or *:PORT for all of them."));
		break;
	default:
		buf_printf(why, " cannot be listened on: %s.", strerror(error));
	}
	return ERR_INTERNAL;
}

/* One TCP socket; 0 or the errno of what failed. */
static int open_tcp(const struct addr *a, bool only_v6, int *out)
{
	struct sockaddr_in6 room;
	int fd = socket(
	    a->family == ADDR_IPV4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	/* Past connections in TIME_WAIT do not keep a new start off; a listener that is alive does. */
	set(fd, SOL_SOCKET, SO_REUSEADDR);
	settle(fd);
	if (a->family == ADDR_IPV6 && only_v6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	size_t n = addr_to(a, &room);
	if (bind(fd, (struct sockaddr *)&room, (socklen_t)n) != 0 || listen(fd, BACKLOG) != 0) {
		int error = errno;
		close(fd);
		return error;
	}
	*out = fd;
	return 0;
}

static enum err add_tcp(
    struct inlets *ls, str text, const struct addr *a, bool only_v6, bool ops, struct buf *why)
{
	int fd, error = open_tcp(a, only_v6, &fd);

	if (error)
		return refuse(why, text, error, a->port);
	return add(ls, fd, ops, false, (str){ NULL, 0 }, why);
}

/* Both addresses that browsers try for the name; a machine without IPv6 has only the first. */
static enum err add_localhost(struct inlets *ls, str text, int port, bool ops, struct buf *why)
{
	struct addr v4 = { .family = ADDR_IPV4, .ip = { 127, 0, 0, 1 }, .port = port };
	struct addr v6 = { .family = ADDR_IPV6, .ip = { [15] = 1 }, .port = port };
	int fd;

	TRY(add_tcp(ls, text, &v4, false, ops, why));
	int error = open_tcp(&v6, true, &fd);
	if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT)
		return OK;
	if (error)
		return refuse(why, text, error, port);
	return add(ls, fd, ops, false, (str){ NULL, 0 }, why);
}

/* Every address: one socket for both families where the system can, else IPv4 alone. */
static enum err add_any(struct inlets *ls, str text, int port, bool ops, struct buf *why)
{
	struct addr v6 = { .family = ADDR_IPV6, .port = port }, v4 = { .family = ADDR_IPV4, .port = port };
	int fd, error = open_tcp(&v6, false, &fd);

	if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL)
		error = open_tcp(&v4, false, &fd);
	if (error)
		return refuse(why, text, error, port);
	return add(ls, fd, ops, false, (str){ NULL, 0 }, why);
}

/* host:port, the port behind the last colon. */
static bool split(str text, str *host, int *port)
{
	int64_t n;
	size_t at = text.n;

	while (at > 0 && text.p[at - 1] != ':')
		at--;
	str tail = str_sub(text, at, text.n);
	if (at == 0 || tail.n == 0 || tail.n > 5 || !str_within(tail, '0', '9') || !str_int(tail, &n) ||
	    n > 65535)
		return false;
	*host = str_sub(text, 0, at - 1);
	*port = (int)n;
	return host->n == 0 || host->p[0] == '[' || !str_has(*host, ':');
}

enum err inlet_open(struct inlets *ls, str text, bool ops, struct buf *why)
{
	struct addr a;
	str host;
	int port, fd;

	if (str_starts(text, S("unix:"))) {
		str path = str_sub(text, 5, text.n);
		TRY(inlet_unix(path, 0660, &fd, why));
		return add(ls, fd, ops, true, path, why);
	}
	if (!split(text, &host, &port)) {
		buf_put(why, text);
		buf_put(why,
		    S(" is no listening address: write HOST:PORT, as in 127.0.0.1:8080, or unix:/path."));
		return ERR_INTERNAL;
	}
	if (str_ieq(host, S("localhost")))
		return add_localhost(ls, text, port, ops, why);
	if (host.n == 0 || str_eq(host, S("*")))
		return add_any(ls, text, port, ops, why);
	if (addr_parse(host, &a) != OK) {
		buf_put(why, text);
		buf_put(why, S(": the host of a listening address is a number, localhost or *."));
		return ERR_INTERNAL;
	}
	a.port = port;
	return add_tcp(ls, text, &a, true, ops, why);
}

/* True when somebody accepts connections at the path. */
static bool alive(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return true; /* not known: do not take it away */
	bool yes = connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 || errno == EAGAIN;
	close(fd);
	return yes;
}

static enum err in_use(str path, struct buf *why)
{
	buf_put(why, path);
	buf_put(why,
	    S(" is in use: another Gatehouse is running with this data directory. Stop it, or give this one "
	      "a directory of its "
	      "own with --data."));
	return ERR_INTERNAL;
}

static enum err unix_address(str path, struct sockaddr_un *at, struct buf *why)
{
	*at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (path.n == 0 || path.n >= sizeof at->sun_path || str_has(path, '\0')) {
		buf_put(why, path);
		buf_printf(why, ": the path of a unix socket has 1 to %zu bytes.", sizeof at->sun_path - 1);
		return ERR_INTERNAL;
	}
	memcpy(at->sun_path, path.p, path.n);
	return OK;
}

enum err inlet_unix_free(str path, struct buf *why)
{
	struct sockaddr_un at;
	struct stat st;

	TRY(unix_address(path, &at, why));
	if (lstat(at.sun_path, &st) != 0)
		return OK;
	if (!S_ISSOCK(st.st_mode)) {
		buf_put(why, path);
		buf_put(why, S(" exists and is no socket; move it away."));
		return ERR_INTERNAL;
	}
	return alive(&at) ? in_use(path, why) : OK;
}

enum err inlet_unix(str path, unsigned mode, int *fd, struct buf *why)
{
	struct sockaddr_un at;

	TRY(inlet_unix_free(path, why));
	TRY(unix_address(path, &at, why));
	(void)unlink(at.sun_path); /* left over by a daemon that was killed */
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return refuse(why, path, errno, 0);
	/* The mode is that of the file's making, never wider for a moment. */
	mode_t old = umask((mode_t)(~mode & 0777));
	int bad = bind(*fd, (struct sockaddr *)&at, sizeof at) != 0 ? errno : 0;
	umask(old);
	if (!bad && listen(*fd, BACKLOG) != 0)
		bad = errno;
	if (bad) {
		close(*fd);
		return refuse(why, path, bad, 0);
	}
	return OK;
}

static int64_t env_int(const char *name)
{
	int64_t v = 0;

	return str_int(str_of(getenv(name)), &v) ? v : 0;
}

enum err inlets_inherit(struct inlets *ls, struct buf *why)
{
	int64_t count = env_int("LISTEN_FDS");
	str names = str_of(getenv("LISTEN_FDNAMES")), name;

	/* Sockets meant for another process (a wrapper's) are not ours to take. */
	if (count <= 0 || env_int("LISTEN_PID") != getpid())
		return OK;
	for (int i = 0; i < count; i++) {
		int fd = FIRST_INHERITED + i, domain = 0, listening = 0;
		socklen_t n = sizeof domain;
		str_cut(names, ':', &name, &names);
		if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) != 0 ||
		    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) != 0 || !listening) {
			buf_printf(why,
			    "descriptor %d, given by systemd, is no listening socket; look at the .socket "
			    "unit.",
			    fd);
			return ERR_INTERNAL;
		}
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		if (domain != AF_UNIX)
			settle(fd);
		TRY(add(ls, fd, str_eq(name, S("ops")), domain == AF_UNIX, (str){ NULL, 0 }, why));
	}
	return OK;
}

void inlets_close(struct inlets *ls)
{
	for (size_t i = 0; i < ls->count; i++) {
		close(ls->items[i].fd);
		if (ls->items[i].path[0])
			(void)unlink(ls->items[i].path);
	}
	ls->count = 0;
}
