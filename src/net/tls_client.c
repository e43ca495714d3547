#include "net/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

struct tls_client {
	SSL_CTX *ctx;
	SSL *ssl;
};

static void say_why(struct arena *mem, const struct tls_client *t, str *why)
{
	long verdict = t->ssl ? SSL_get_verify_result(t->ssl) : X509_V_OK;
	unsigned long code = ERR_peek_error();
	char text[256] = "the connection was closed, or nothing came in time";

	if (verdict == X509_V_OK && code)
		ERR_error_string_n(code, text, sizeof text);
	*why = arena_copy(mem, str_of(verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : text));
	ERR_clear_error();
}

static bool begin(struct tls_client *t, int fd, const char *host)
{
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx || SSL_CTX_set_default_verify_paths(t->ctx) != 1 ||
	    SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION) != 1)
		return false;
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	t->ssl = SSL_new(t->ctx);
	if (!t->ssl || SSL_set1_host(t->ssl, host) != 1 || SSL_set_fd(t->ssl, fd) != 1)
		return false;
	(void)SSL_ctrl(
	    t->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (char *)(uintptr_t)host);
	return SSL_connect(t->ssl) == 1;
}

static void release(void *arg)
{
	struct tls_client *t = arg;

	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	t->ssl = NULL;
	t->ctx = NULL;
}

struct tls_client *tls_client_new(struct arena *mem, int fd, const char *host, str *why)
{
	struct tls_client *t = NEW(mem, struct tls_client);

	ERR_clear_error();
	if (begin(t, fd, host))
		return t;
	say_why(mem, t, why);
	release(t);
	return NULL;
}

void tls_client_free(struct tls_client *t)
{
	if (t)
		release(t);
}

const char *tls_client_version(const struct tls_client *t)
{
	return SSL_get_version(t->ssl);
}

ssize_t tls_client_write(struct tls_client *t, str s)
{
	return SSL_write(t->ssl, s.p, s.n > 16384 ? 16384 : (int)s.n);
}

ssize_t tls_client_read(struct tls_client *t, char *room, size_t n)
{
	int got = SSL_read(t->ssl, room, n > 16384 ? 16384 : (int)n);

	if (got > 0)
		return got;
	return SSL_get_error(t->ssl, got) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}
