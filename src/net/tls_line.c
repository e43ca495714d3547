/* The bytes of one connection under TLS. */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

/* What could not be done now. After TLS_BROKEN nothing is sent any more. */
static int failure(SSL *ssl, int rc)
{
	switch (SSL_get_error(ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WAIT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WAIT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_END;
	default:
		ERR_clear_error(); /* it is the thread's, and the next connection would take it for its own */
		SSL_set_quiet_shutdown(ssl, 1);
		return TLS_BROKEN;
	}
}

int tls_shake(struct ssl_st *ssl)
{
	ERR_clear_error();
	int rc = SSL_do_handshake(ssl);
	return rc == 1 ? 1 : failure(ssl, rc);
}

bool tls_pending(const struct ssl_st *ssl)
{
	return SSL_has_pending(ssl) == 1;
}

/* Record after record, as long as what was read ahead gives any: one call does what one recv does in clear. */
ssize_t tls_recv(struct ssl_st *ssl, char *p, size_t n, bool *more)
{
	size_t all = 0;

	*more = false;
	ERR_clear_error();
	do {
		int rc = SSL_read(ssl, p + all, (int)(n - all));
		if (rc <= 0) {
			int why = failure(ssl, rc);
			if (!all)
				return why;
			/* An end is told again by the next call, and half a record is for the socket to tell of. */
			*more = why == TLS_END || why == TLS_BROKEN;
			return (ssize_t)all;
		}
		all += (size_t)rc;
		*more = tls_pending(ssl);
	} while (all < n && *more);
	return (ssize_t)all;
}

ssize_t tls_send(struct ssl_st *ssl, const char *p, size_t n)
{
	ERR_clear_error();
	int rc = SSL_write(ssl, p, (int)n);
	return rc > 0 ? rc : failure(ssl, rc);
}

void tls_end(struct ssl_st *ssl)
{
	if (ssl && SSL_is_init_finished(ssl)) {
		ERR_clear_error();
		(void)SSL_shutdown(ssl);
		ERR_clear_error();
	}
	SSL_free(ssl);
}
