/* A peer that vanishes without a word: what every accepted connection has been told to do about it. */
#include "net/inlet.h"
#include "net/socket.h"
#include "peer.h"

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t n = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &n), 0);
	return value;
}

/* Asked in time, given up in time: idle or with something under way. */
static void ends_the_dead(int fd)
{
	int idle = option(fd, IPPROTO_TCP, TCP_KEEPIDLE), every = option(fd, IPPROTO_TCP, TCP_KEEPINTVL);

	assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(idle + every * option(fd, IPPROTO_TCP, TCP_KEEPCNT), SOCKET_GONE_S);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), SOCKET_GONE_S * 1000);
	assert_in_range(SOCKET_GONE_S, 1, 120);
}

/* Dials the listener, and gives its end of the connection. */
static int accepted(int listener)
{
	struct sockaddr_in at;
	socklen_t n = sizeof at;

	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
	int far = peer_dial(ntohs(at.sin_port)), near = peer_accept(listener);
	close(far);
	return near;
}

static void a_connection_to_a_socket_of_ours(void **state)
{
	struct inlets ls = { 0 };
	struct buf why = { 0 };
	(void)state;

	assert_int_equal(inlet_open(&ls, S("127.0.0.1:0"), false, &why), OK);
	int fd = accepted(ls.items[0].fd);
	ends_the_dead(fd);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	close(fd);
	inlets_close(&ls);
}

static void a_connection_to_a_socket_that_systemd_opened(void **state)
{
	struct inlets ls = { 0 };
	struct buf why = { 0 };
	char pid[20];
	int port = 0, opened = peer_listen("127.0.0.1", &port);
	(void)state;

	assert_int_equal(option(opened, SOL_SOCKET, SO_KEEPALIVE), 0);
	if (opened != 3) { /* sd_listen_fds(3): they begin there */
		assert_int_equal(dup2(opened, 3), 3);
		close(opened);
	}
	snprintf(pid, sizeof pid, "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(inlets_inherit(&ls, &why), OK);
	int fd = accepted(ls.items[0].fd);
	ends_the_dead(fd);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	close(fd);
	inlets_close(&ls);
}

/* Nothing of TCP holds for it, and nothing of it fails. */
static void a_unix_socket_is_left_as_it_is(void **state)
{
	int pair[2];
	(void)state;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	socket_at_once(pair[0]);
	socket_mortal(pair[0]);
	peer_say(pair[0], "still");
	peer_hear(pair[1], "still");
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_to_a_socket_of_ours),
		cmocka_unit_test(a_connection_to_a_socket_that_systemd_opened),
		cmocka_unit_test(a_unix_socket_is_left_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
