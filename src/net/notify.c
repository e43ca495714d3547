#include "net/notify.h"
#include "base/time.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void tell(const char *what)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	str path = str_of(getenv("NOTIFY_SOCKET"));

	if (path.n < 2 || path.n >= sizeof at.sun_path || (path.p[0] != '/' && path.p[0] != '@'))
		return;
	memcpy(at.sun_path, path.p, path.n);
	if (path.p[0] == '@')
		at.sun_path[0] = '\0'; /* an abstract name */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, what, strlen(what), MSG_NOSIGNAL, (struct sockaddr *)&at,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n));
	close(fd);
}

void notify_ready(void)
{
	tell("READY=1");
}

void notify_reloading(void)
{
	char text[64];

	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)time_mono_ms() * 1000);
	tell(text);
}

void notify_stopping(void)
{
	tell("STOPPING=1");
}
