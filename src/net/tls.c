#include "net/tls.h"
#include "net/tls_cert.h"
#include "net/tls_ticket.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CIPHERS_12                                                   \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define CIPHERS_13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS "X25519:P-256:P-384"

/* What ALPN offers, the better first (RFC 7301; names of RFC 9113 section 3.2 and RFC 9112). */
static const struct {
	str name;
	enum protocol protocol;
} protocols[] = {
	{ S_INIT("h2"), PROTOCOL_H2 },
	{ S_INIT("http/1.1"), PROTOCOL_HTTP1 },
	{ S_INIT("http/1.0"), PROTOCOL_HTTP1 },
};

struct site {
	SSL_CTX *ctx;
	struct tls_cert cert;
};

struct tls {
	atomic_uint refs;
	struct arena *mem; /* of names */
	struct tls_tickets tickets;
	struct site sites[TLS_PAIRS_MAX];
	size_t count;
};

/* --- callbacks of the handshake */

static int choose_protocol(
    SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in, unsigned n, void *arg)
{
	(void)ssl, (void)arg;
	for (size_t i = 0; i < COUNT(protocols); i++) {
		for (unsigned at = 0; at < n && at + in[at] < n; at += 1U + in[at]) {
			if (!str_eq((str){ (const char *)in + at + 1, in[at] }, protocols[i].name))
				continue;
			*out = in + at + 1;
			*out_n = in[at];
			return SSL_TLSEXT_ERR_OK;
		}
	}
	/* RFC 7301 section 3.2: who speaks none of these is told so, and talks to nothing that might take it for HTTP. */
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* The certificate whose names fit best; of equals the first. Unknown names get the default one, and their client judges. */
static int choose_site(SSL *ssl, int *alert, void *arg)
{
	const struct tls *t = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct site *best = NULL;
	enum tls_fit fit = TLS_NO_FIT;

	(void)alert;
	for (size_t i = 0; name && i < t->count && fit != TLS_FITS; i++) {
		enum tls_fit f = tls_cert_fits(&t->sites[i].cert, str_of(name));
		if (f > fit) {
			fit = f;
			best = &t->sites[i];
		}
	}
	if (!best)
		return SSL_TLSEXT_ERR_NOACK;
	if (best != t->sites)
		(void)SSL_set_SSL_CTX(ssl, best->ctx);
	return SSL_TLSEXT_ERR_OK;
}

/* --- contexts */

static bool set_certificate(SSL_CTX *ctx, const struct tls_cert *c)
{
	return SSL_CTX_use_certificate(ctx, c->leaf) == 1 && SSL_CTX_use_PrivateKey(ctx, c->key) == 1 &&
	    SSL_CTX_set1_chain(ctx, c->chain) == 1 && SSL_CTX_check_private_key(ctx) == 1;
}

static bool set_rules(SSL_CTX *ctx)
{
	static const unsigned char name[] = "gatehouse";

	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
		SSL_OP_PRIORITIZE_CHACHA);
	/* Records are written as the socket takes them, and from wherever what is left of them lies by then. */
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ctx, TLS_TICKET_SECONDS);
	SSL_CTX_set_security_level(ctx, 2);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, CIPHERS_12) == 1 && SSL_CTX_set_ciphersuites(ctx, CIPHERS_13) == 1 &&
	    SSL_CTX_set1_groups_list(ctx, GROUPS) == 1 && SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
	    SSL_CTX_set_session_id_context(ctx, name, sizeof name - 1) == 1;
}

static enum err open_site(struct tls *t, struct site *s)
{
	s->ctx = SSL_CTX_new(TLS_server_method());
	if (!s->ctx || !set_rules(s->ctx) || !set_certificate(s->ctx, &s->cert) ||
	    !tls_tickets_use(s->ctx, &t->tickets))
		return ERR_CRYPTO;
	SSL_CTX_set_alpn_select_cb(s->ctx, choose_protocol, NULL);
	SSL_CTX_set_tlsext_servername_callback(s->ctx, choose_site);
	SSL_CTX_set_tlsext_servername_arg(s->ctx, t);
	return OK;
}

static enum err add_site(struct tls *t, const struct tls_pair *pair, struct buf *why)
{
	struct site *s = &t->sites[t->count];

	buf_printf(why, "%.*s%s", FMT(pair->where), pair->where.n ? ": " : "");
	TRY(tls_cert_read(t->mem, pair->cert, pair->key, t->tickets.now(), &s->cert, why));
	t->count++;
	enum err e = open_site(t, s);
	if (e == OK) {
		why->n = 0;
		return OK;
	}
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	buf_printf(why, "OpenSSL does not take the certificate %.*s: %s.", FMT(pair->cert),
	    reason ? reason : "no reason was given");
	ERR_clear_error();
	return e;
}

enum err tls_load(const struct tls_settings *s, struct tls **out, struct buf *why)
{
	struct tls *t = calloc(1, sizeof *t);
	enum err e = OK;

	if (!t || s->tickets.len != sizeof t->tickets.root)
		abort();
	atomic_init(&t->refs, 1);
	t->mem = arena_new((size_t)16 << 20);
	t->tickets.now = s->now;
	memcpy(t->tickets.root, s->tickets.bytes, s->tickets.len);
	for (size_t i = 0; i < s->count && i < TLS_PAIRS_MAX && e == OK; i++)
		e = add_site(t, &s->pairs[i], why);
	if (e != OK) {
		tls_unref(t);
		return e;
	}
	*out = t;
	return OK;
}

struct tls *tls_ref(struct tls *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
	return t;
}

void tls_unref(struct tls *t)
{
	if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < t->count; i++) {
		SSL_CTX_free(t->sites[i].ctx);
		tls_cert_free(&t->sites[i].cert);
	}
	arena_unref(t->mem);
	secret_wipe(&t->tickets, sizeof t->tickets);
	free(t);
}

int64_t tls_ends(const struct tls *t)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < t->count; i++)
		if (t->sites[i].cert.ends < first)
			first = t->sites[i].cert.ends;
	return first;
}

bool tls_ends_soon(const struct tls *t, int64_t now)
{
	for (size_t i = 0; i < t->count; i++)
		if (tls_cert_ends_soon(&t->sites[i].cert, now))
			return true;
	return false;
}

/* --- a connection */

struct ssl_st *tls_begin(struct tls *t, int fd)
{
	SSL *ssl = SSL_new(t->sites[0].ctx);

	if (ssl && SSL_set_fd(ssl, fd) == 1) {
		SSL_set_accept_state(ssl);
		return ssl;
	}
	SSL_free(ssl);
	ERR_clear_error();
	return NULL;
}

enum protocol tls_protocol(const struct ssl_st *ssl)
{
	const unsigned char *name = NULL;
	unsigned n = 0;

	SSL_get0_alpn_selected(ssl, &name, &n);
	for (size_t i = 0; i < COUNT(protocols); i++)
		if (str_eq((str){ (const char *)name, n }, protocols[i].name))
			return protocols[i].protocol;
	return PROTOCOL_HTTP1;
}
