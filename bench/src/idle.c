/*
 * idle [-t] PORT COUNT: opens so many connections to 127.0.0.1 (-t: under TLS 1.3), has one answer over each, prints how many are open, and keeps
 * them so until standard input ends.
 */
#include "line.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int one(const struct sockaddr_in *to, const char *request)
{
	char answer[8192];
	struct line line;
	bool writing;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof *to) != 0)
		return 0;
	line_open(&line, fd);
	if (line_shake(&line, &writing) != 1 || line_send(&line, request, strlen(request)) < 0)
		return 0;
	ssize_t n = line_recv(&line, answer, sizeof answer);
	return n > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct rlimit most;
	char request[128];
	int open = 0;

	if (argc == 4 && strcmp(argv[1], "-t") == 0) {
		line_use_tls();
		argv++;
		argc--;
	}
	if (argc != 3)
		return 2;
	if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
		most.rlim_cur = most.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &most);
	}
	to.sin_port = htons((in_port_t)atoi(argv[1]));
	snprintf(request, sizeof request, "GET /healthz HTTP/1.1\r\nHost: localhost:%s\r\n\r\n", argv[1]);
	for (int i = atoi(argv[2]); i > 0; i--)
		open += one(&to, request);
	printf("%d\n", open);
	fflush(stdout);
	while (getchar() != EOF)
		continue;
	return 0;
}
