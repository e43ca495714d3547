#include "net/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define IDLE_S 30 /* then it is asked, every ASK_S, ASKS times */
#define ASK_S 10
#define ASKS ((SOCKET_GONE_S - IDLE_S) / ASK_S)

static void set(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof value);
}

void socket_at_once(int fd)
{
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

void socket_mortal(int fd)
{
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, ASK_S);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, ASKS);
	/* The kernel asks nothing while it still sends again: without this it would do so for a quarter of an hour. */
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, SOCKET_GONE_S * 1000);
}
