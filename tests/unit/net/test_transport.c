/* A connection's bytes, in clear and under TLS: short reads, cut records, full sockets, ends that are none. */
#include "base/time.h"
#include "base/unit.h"
#include "peer_tls.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct certs files;
static struct tls *tls;

static int start(void **state)
{
	char a[CERTS_ROOM], b[CERTS_ROOM];
	unsigned char key[32] = { 7 };
	struct buf why = { 0 };
	(void)state;

	signal(SIGPIPE, SIG_IGN);
	certs_begin(&files);
	certs_make(&files, "own", "DNS:localhost", time_now() - 10, time_now() + 86400);
	struct tls_pair pair = { certs_path(&files, "own.pem", a), certs_path(&files, "own.key", b), S("") };
	struct tls_settings set = { &pair, 1, { key, sizeof key }, time_now };
	return tls_load(&set, &tls, &why) == OK ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	tls_unref(tls);
	certs_end(&files);
	return 0;
}

/* Both ends, shaken, with no tickets on the way any more. */
static void open_both(struct peer_tls *p)
{
	char room[8];
	str hello = S("hello");

	peer_tls_open(p, tls, NULL);
	assert_true(peer_tls_shake(p));
	assert_int_equal(transport_put(&p->server, &hello, 1), 5);
	assert_int_equal(SSL_read(p->ssl, room, sizeof room), 5);
}

static bool readable(int fd)
{
	struct pollfd f = { .fd = fd, .events = POLLIN };

	return poll(&f, 1, 0) == 1;
}

static void in_clear_it_is_the_socket(void **state)
{
	int fds[2];
	struct transport t;
	char room[20];
	str parts[] = { S("one "), S(""), S("two") };
	(void)state;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_true(transport_open(&t, fds[1], NULL));
	assert_int_equal(transport_recv(&t, room, sizeof room), TRANSPORT_WAIT);
	assert_int_equal(transport_put(&t, parts, COUNT(parts)), 7);
	assert_int_equal(recv(fds[0], room, sizeof room, 0), 7);
	assert_memory_equal(room, "one two", 7);
	assert_int_equal(send(fds[0], "abc", 3, 0), 3);
	assert_int_equal(transport_recv(&t, room, 2), 2);
	assert_int_equal(transport_recv(&t, room, 2), 1);
	assert_false(t.more);
	close(fds[0]);
	assert_int_equal(transport_recv(&t, room, sizeof room), TRANSPORT_END);
	assert_int_equal(transport_put(&t, parts, 1), TRANSPORT_BROKEN);
	transport_close(&t);
}

static void records_that_were_read_ahead_are_told_of(void **state)
{
	struct peer_tls p;
	char room[1000];
	(void)state;

	open_both(&p);
	for (int i = 0; i < 5; i++)
		assert_int_equal(SSL_write(p.ssl, "0123456789", 10), 10);
	assert_int_equal(transport_recv(&p.server, room, 4), 4);
	assert_memory_equal(room, "0123", 4);
	assert_true(p.server.more);
	assert_false(readable(p.server.fd)); /* epoll would never say that there is more */
	assert_int_equal(transport_recv(&p.server, room, 26), 26);
	assert_memory_equal(room, "45678901234567890123456789", 26);
	assert_true(p.server.more);
	assert_int_equal(transport_recv(&p.server, room, sizeof room), 20);
	assert_false(p.server.more);
	assert_int_equal(transport_recv(&p.server, room, sizeof room), TRANSPORT_WAIT);
	assert_false(p.server.more);
	peer_tls_close(&p);
}

static void half_a_record_waits_for_the_socket_and_spins_nowhere(void **state)
{
	struct peer_tls p;
	BIO *wire = BIO_new(BIO_s_mem());
	char room[100], *bytes;
	(void)state;

	open_both(&p);
	SSL_set0_wbio(p.ssl, wire);
	assert_int_equal(SSL_write(p.ssl, "first", 5), 5);
	assert_int_equal(SSL_write(p.ssl, "second", 6), 6);
	long n = BIO_get_mem_data(wire, &bytes);
	assert_int_equal(send(p.fd, bytes, (size_t)n - 3, 0), n - 3);
	assert_int_equal(transport_recv(&p.server, room, sizeof room), 5);
	assert_false(p.server.more); /* there is half a record inside, of no use before its rest */
	assert_int_equal(transport_recv(&p.server, room, sizeof room), TRANSPORT_WAIT);
	assert_int_equal(send(p.fd, bytes + n - 3, 3, 0), 3);
	assert_int_equal(transport_recv(&p.server, room, sizeof room), 6);
	assert_memory_equal(room, "second", 6);
	peer_tls_close(&p);
}

static void an_end_without_close_notify_is_a_break(void **state)
{
	struct peer_tls p;
	char room[100];
	(void)state;

	open_both(&p);
	assert_int_equal(SSL_write(p.ssl, "cut", 3), 3);
	assert_int_equal(shutdown(p.fd, SHUT_WR), 0);
	assert_int_equal(transport_recv(&p.server, room, sizeof room), 3);
	assert_int_equal(transport_recv(&p.server, room, sizeof room), TRANSPORT_BROKEN);
	peer_tls_close(&p);
}

static void close_notify_is_an_end_which_no_socket_tells_of_and_answers_still_go_out(void **state)
{
	struct peer_tls p;
	char room[100];
	str answer = S("answer");
	(void)state;

	open_both(&p);
	assert_int_equal(SSL_write(p.ssl, "all", 3), 3);
	(void)SSL_shutdown(p.ssl);
	assert_int_equal(transport_recv(&p.server, room, 3), 3);
	assert_true(p.server.more);
	assert_false(readable(p.server.fd));
	assert_int_equal(transport_recv(&p.server, room, sizeof room), TRANSPORT_END);
	assert_int_equal(transport_put(&p.server, &answer, 1), 6);
	assert_int_equal(SSL_read(p.ssl, room, sizeof room), 6);
	transport_shut(&p.server);
	assert_int_equal(SSL_read(p.ssl, room, sizeof room), 0);
	assert_int_equal(SSL_get_error(p.ssl, 0), SSL_ERROR_ZERO_RETURN);
	peer_tls_close(&p);
}

static void what_is_no_record_breaks_the_connection(void **state)
{
	struct peer_tls p;
	char room[100];
	str answer = S("answer");
	(void)state;

	open_both(&p);
	assert_int_equal(send(p.fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
	assert_int_equal(transport_recv(&p.server, room, sizeof room), TRANSPORT_BROKEN);
	assert_int_equal(ERR_peek_error(), 0); /* the next connection of this thread looks there */
	assert_int_equal(transport_put(&p.server, &answer, 1), TRANSPORT_BROKEN);
	peer_tls_close(&p);
}

static void small_parts_leave_as_one_record(void **state)
{
	struct peer_tls p;
	char room[100];
	str parts[] = { S("HTTP/1.1 200 OK\r\n"), S(""), S("\r\n"), S("body") };
	(void)state;

	open_both(&p);
	assert_int_equal(transport_put(&p.server, parts, COUNT(parts)), 23);
	assert_int_equal(SSL_read(p.ssl, room, sizeof room), 23);
	assert_memory_equal(room, "HTTP/1.1 200 OK\r\n\r\nbody", 23);
	peer_tls_close(&p);
}

/* The socket fills up in the middle of records; each further call brings what is left in other pieces, as a buffer does. */
static void a_full_socket_loses_nothing(void **state)
{
	enum { ALL = 3000000 };
	struct peer_tls p;
	unsigned char *want = malloc(ALL), *got = malloc(ALL);
	size_t sent = 0, heard = 0, stops = 0;
	int small = 20000;
	(void)state;

	assert_true(want && got);
	for (size_t i = 0; i < ALL; i++)
		want[i] = (unsigned char)(i * 2654435761u >> 13);
	open_both(&p);
	assert_int_equal(setsockopt(p.server.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
	for (unsigned turn = 0; heard < ALL; turn++) {
		str left = { (char *)want + sent, ALL - sent };
		size_t a = turn * 977 % 30000, b = a + turn * 131 % 40000;
		str parts[] = { str_sub(left, 0, a), str_sub(left, a, b), str_sub(left, b, left.n) };
		ssize_t n = transport_put(&p.server, parts, COUNT(parts));
		assert_true(n >= 0);
		sent += (size_t)n;
		stops += n == 0;
		int k = SSL_read(p.ssl, got + heard, 5000);
		if (k > 0)
			heard += (size_t)k;
	}
	assert_int_equal(sent, ALL);
	assert_true(stops > 10);
	assert_memory_equal(got, want, ALL);
	free(want);
	free(got);
	peer_tls_close(&p);
}

static void a_handshake_may_come_byte_by_byte(void **state)
{
	struct peer_tls p;
	BIO *wire = BIO_new(BIO_s_mem());
	char *bytes;
	(void)state;

	peer_tls_open(&p, tls, NULL);
	assert_int_equal(transport_shake(&p.server), SHAKE_READ);
	SSL_set0_wbio(p.ssl, wire);
	for (int turn = 0; turn < 2; turn++) {
		(void)SSL_do_handshake(p.ssl);
		long n = BIO_get_mem_data(wire, &bytes);
		assert_true(n > 0);
		for (long i = 0; i < n; i++) {
			assert_int_equal(send(p.fd, bytes + i, 1, 0), 1);
			bool last = turn == 1 && i == n - 1;
			assert_int_equal(transport_shake(&p.server), last ? SHAKE_DONE : SHAKE_READ);
		}
		(void)BIO_reset(wire);
	}
	assert_false(p.server.more);
	peer_tls_close(&p);
}

static void what_begins_as_no_handshake_is_told_apart(void **state)
{
	static const struct {
		const char *sentence;
		str bytes;
		enum transport_shake shake;
	} rows[] = {
		{ "HTTP in clear", S_INIT("GET / HTTP/1.1\r\n\r\n"), SHAKE_CLEAR },
		{ "any method", S_INIT("PROPFIND"), SHAKE_CLEAR },
		{ "in lower case", S_INIT("get"), SHAKE_CLEAR },
		{ "one letter", S_INIT("G"), SHAKE_CLEAR },
		{ "SSL 2", S_INIT("\x80\x2e\x01"), SHAKE_BROKEN },
		{ "an alert", S_INIT("\x15\x03\x01\x00\x02\x02\x28"), SHAKE_BROKEN },
		{ "application data", S_INIT("\x17\x03\x03\x00\x01\x00"), SHAKE_BROKEN },
		{ "JSON", S_INIT("{}"), SHAKE_BROKEN },
		{ "a record of nonsense", S_INIT("\x16\x03\x01\x00\x05hello"), SHAKE_BROKEN },
		{ "a record that is too long", S_INIT("\x16\x03\x01\xff\xff\x01"), SHAKE_BROKEN },
		{ "the first byte of a handshake", S_INIT("\x16"), SHAKE_READ },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct peer_tls p;
		peer_tls_open(&p, tls, NULL);
		assert_int_equal(send(p.fd, rows[i].bytes.p, rows[i].bytes.n, 0), (ssize_t)rows[i].bytes.n);
		same_int(rows[i].sentence, transport_shake(&p.server), rows[i].shake);
		assert_int_equal(ERR_peek_error(), 0);
		if (rows[i].shake == SHAKE_CLEAR) {
			char room[64];
			str page = S("400");
			assert_null(p.server.ssl);
			assert_int_equal(
			    transport_recv(&p.server, room, sizeof room), (ssize_t)rows[i].bytes.n);
			assert_int_equal(transport_put(&p.server, &page, 1), 3);
			assert_int_equal(recv(p.fd, room, sizeof room, 0), 3);
			assert_memory_equal(room, "400", 3);
		}
		peer_tls_close(&p);
	}
}

static void who_leaves_in_the_middle_of_a_handshake_is_gone(void **state)
{
	struct peer_tls p;
	(void)state;

	peer_tls_open(&p, tls, NULL);
	(void)SSL_do_handshake(p.ssl);
	assert_int_equal(transport_shake(&p.server), SHAKE_READ);
	assert_int_equal(shutdown(p.fd, SHUT_RDWR), 0);
	assert_int_equal(transport_shake(&p.server), SHAKE_BROKEN);
	peer_tls_close(&p);
	peer_tls_open(&p, tls, NULL);
	assert_int_equal(shutdown(p.fd, SHUT_WR), 0);
	assert_int_equal(transport_shake(&p.server), SHAKE_BROKEN);
	peer_tls_close(&p);
}

static void keys_may_be_updated_in_the_middle(void **state)
{
	struct peer_tls p;
	char room[100];
	str answer = S("answer");
	(void)state;

	open_both(&p);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(SSL_key_update(p.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_write(p.ssl, "after", 5), 5);
		assert_int_equal(transport_recv(&p.server, room, sizeof room), 5);
		assert_int_equal(transport_put(&p.server, &answer, 1), 6);
		assert_int_equal(SSL_read(p.ssl, room, sizeof room), 6);
	}
	peer_tls_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_clear_it_is_the_socket),
		cmocka_unit_test(records_that_were_read_ahead_are_told_of),
		cmocka_unit_test(half_a_record_waits_for_the_socket_and_spins_nowhere),
		cmocka_unit_test(an_end_without_close_notify_is_a_break),
		cmocka_unit_test(close_notify_is_an_end_which_no_socket_tells_of_and_answers_still_go_out),
		cmocka_unit_test(what_is_no_record_breaks_the_connection),
		cmocka_unit_test(small_parts_leave_as_one_record),
		cmocka_unit_test(a_full_socket_loses_nothing),
		cmocka_unit_test(a_handshake_may_come_byte_by_byte),
		cmocka_unit_test(what_begins_as_no_handshake_is_told_apart),
		cmocka_unit_test(who_leaves_in_the_middle_of_a_handshake_is_gone),
		cmocka_unit_test(keys_may_be_updated_in_the_middle),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
