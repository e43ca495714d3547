#include "line.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL_CTX *ctx;

void line_use_tls(void)
{
	signal(SIGPIPE, SIG_IGN);
	ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx)
		abort();
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

void line_open(struct line *l, int fd)
{
	*l = (struct line){ .fd = fd };
	if (!ctx)
		return;
	SSL *ssl = SSL_new(ctx);
	if (!ssl || SSL_set_fd(ssl, fd) != 1)
		abort();
	SSL_set_connect_state(ssl);
	l->ssl = ssl;
}

void line_close(struct line *l)
{
	SSL_free(l->ssl);
	if (l->fd >= 0)
		close(l->fd);
	*l = (struct line){ .fd = -1 };
}

/* What OpenSSL says, as the system says it. */
static ssize_t said(struct line *l, int rc)
{
	int kind = SSL_get_error(l->ssl, rc);

	ERR_clear_error();
	if (kind == SSL_ERROR_ZERO_RETURN)
		return 0;
	errno = kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
	return -1;
}

int line_shake(struct line *l, bool *writing)
{
	if (!l->ssl)
		return 1;
	int rc = SSL_do_handshake(l->ssl);
	if (rc == 1)
		return 1;
	*writing = SSL_want_write(l->ssl);
	return said(l, rc) < 0 && errno == EAGAIN ? 0 : -1;
}

ssize_t line_send(struct line *l, const char *p, size_t n)
{
	if (!l->ssl)
		return send(l->fd, p, n, MSG_NOSIGNAL);
	int rc = SSL_write(l->ssl, p, (int)n);
	return rc > 0 ? rc : said(l, rc);
}

ssize_t line_recv(struct line *l, char *p, size_t n)
{
	if (!l->ssl)
		return recv(l->fd, p, n, 0);
	int rc = SSL_read(l->ssl, p, (int)n);
	return rc > 0 ? rc : said(l, rc);
}
