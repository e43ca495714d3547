/* A TLS client at the other end of a socket pair, for what a real one does not do on request. Included by one test each. */
#ifndef TEST_PEER_TLS_H
#define TEST_PEER_TLS_H

#include "certs.h"
#include "net/transport.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer_tls {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	struct transport server;
};

static inline void peer_tls_open(struct peer_tls *p, struct tls *tls, const char *name)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	p->fd = fds[0];
	p->ctx = SSL_CTX_new(TLS_client_method());
	p->ssl = SSL_new(p->ctx);
	assert_true(SSL_set_fd(p->ssl, p->fd) == 1);
	SSL_set_connect_state(p->ssl);
	if (name)
		assert_true(SSL_set_tlsext_host_name(p->ssl, name) == 1);
	assert_true(transport_open(&p->server, fds[1], tls));
}

/* Turn by turn until both have shaken hands; false when one of them gave up. */
static inline bool peer_tls_shake(struct peer_tls *p)
{
	bool client = false, server = false;

	for (int i = 0; i < 20 && !(client && server); i++) {
		if (!client) {
			int rc = SSL_do_handshake(p->ssl);
			client = rc == 1;
			if (rc != 1 && SSL_get_error(p->ssl, rc) != SSL_ERROR_WANT_READ)
				return false;
		}
		if (!server) {
			enum transport_shake s = transport_shake(&p->server);
			server = s == SHAKE_DONE;
			if (s == SHAKE_BROKEN || s == SHAKE_CLEAR)
				return false;
		}
	}
	return client && server;
}

/* The socket is closed as it is: without close_notify, unless the test has sent one. */
static inline void peer_tls_close(struct peer_tls *p)
{
	if (p->ssl)
		SSL_set_quiet_shutdown(p->ssl, 1);
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	if (p->fd >= 0)
		close(p->fd);
	transport_close(&p->server);
	ERR_clear_error();
}

#endif
