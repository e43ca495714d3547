/* Certificates: which are taken, which of them is shown, and how long their tickets are good. Time is a variable. */
#include "base/time.h"
#include "base/unit.h"
#include "net/tls_cert.h"
#include "peer_tls.h"

#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct certs files;
static int64_t the_time;

static int64_t clock_now(void)
{
	return the_time;
}

static int start(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	the_time = time_now();
	certs_begin(&files);
	certs_make(&files, "own", "DNS:localhost,IP:127.0.0.1,IP:::1", the_time - 10, the_time + 90 * 86400);
	certs_make(&files, "exact", "DNS:a.example,DNS:WWW.b.example", the_time - 10, the_time + 86400);
	certs_make(&files, "wide", "DNS:*.b.example,DNS:*.example", the_time - 10, the_time + 86400);
	certs_make(&files, "bare", NULL, the_time - 10, the_time + 86400);
	certs_make_rsa(&files, "rsa", "DNS:rsa.example", 2048);
	certs_make_rsa(&files, "weak", "DNS:weak.example", 1024);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	certs_end(&files);
	return 0;
}

static struct tls *load(const char *const *names, size_t count, char secret)
{
	static char rooms[2 * TLS_PAIRS_MAX][CERTS_ROOM];
	struct tls_pair pairs[8];
	unsigned char key[32];
	struct buf why = { 0 };
	struct tls *t = NULL;

	for (size_t i = 0; i < count; i++) {
		char name[100];
		snprintf(name, sizeof name, "%s.pem", names[i]);
		pairs[i].cert = certs_path(&files, name, rooms[2 * i]);
		snprintf(name, sizeof name, "%s.key", names[i]);
		pairs[i].key = certs_path(&files, name, rooms[2 * i + 1]);
		pairs[i].where = S("gatehouse.yml:1:6");
	}
	memset(key, secret, sizeof key);
	struct tls_settings set = {
		.pairs = pairs, .count = count, .tickets = { key, sizeof key }, .now = clock_now
	};
	enum err e = tls_load(&set, &t, &why);
	if (e != OK)
		print_error("%.*s\n", FMT(buf_str(&why)));
	assert_int_equal(e, OK);
	assert_int_equal(why.n, 0);
	buf_free(&why);
	return t;
}

/* --- judged */

static struct arena *mem;

static enum err judge(const char *cert, const char *key, int64_t now, struct tls_cert *out, struct buf *why)
{
	char a[CERTS_ROOM], b[CERTS_ROOM];

	why->n = 0;
	return tls_cert_read(mem, certs_path(&files, cert, a), certs_path(&files, key, b), now, out, why);
}

/* What is wrong with the pair; the sentence begins with what it is about and has the words. */
static void refuses(const char *cert, const char *key, int64_t now, const char *words)
{
	struct tls_cert c;
	struct buf why = { 0 };

	same_err(words, judge(cert, key, now, &c, &why), ERR_KEY_BAD);
	holds(words, str_find(buf_str(&why), str_of(words)) >= 0);
	holds(words,
	    str_starts(buf_str(&why), S("the certificate ")) || str_starts(buf_str(&why), S("the key ")));
	holds(words, str_ends(buf_str(&why), S(".")) || str_ends(buf_str(&why), S("?")));
	assert_null(c.leaf);
	assert_null(c.key);
	buf_free(&why);
}

static void add_file(const char *name, const char *first, const char *second, unsigned mode)
{
	char text[20000], path[CERTS_ROOM];
	size_t n = 0;
	const char *all[] = { first, second };

	for (size_t i = 0; i < COUNT(all); i++) {
		FILE *f = fopen(certs_path(&files, all[i], path).p, "r");
		assert_non_null(f);
		n += fread(text + n, 1, sizeof text - n, f);
		fclose(f);
	}
	certs_write(&files, name, (str){ text, n }, mode);
}

static void a_pair_that_cannot_serve_is_refused_with_what_to_do(void **state)
{
	(void)state;
	mem = arena_new(1 << 20);
	certs_write(&files, "empty", S(""), 0600);
	certs_write(&files, "noise", S("-----BEGIN NOISE-----\nAAAA\n-----END NOISE-----\n"), 0600);
	add_file("open.key", "own.key", "empty", 0604);
	add_file("group.key", "own.key", "empty", 0640);
	add_file("changed.key", "own.key", "empty", 0660);
	add_file("chain.pem", "own.pem", "exact.pem", 0644);
	add_file("twisted.pem", "exact.pem", "own.pem", 0644);
	add_file("tail.pem", "own.pem", "noise", 0644);
	refuses("nowhere", "own.key", the_time, "cannot be read: No such file or directory");
	refuses("own.pem", "nowhere", the_time, "cannot be read: No such file or directory");
	refuses("empty", "own.key", the_time, "holds no certificate");
	refuses("own.key", "own.key", the_time, "holds no certificate");
	refuses("own.pem", "empty", the_time, "holds no private key");
	refuses("own.pem", "own.pem", the_time, "holds no private key");
	refuses("own.pem", "exact.key", the_time, "is not that of the first certificate");
	refuses("twisted.pem", "own.key", the_time, "the server's own certificate first");
	refuses("weak.pem", "weak.key", time_now(), "(1024 bits)");
	refuses("own.pem", "open.key", the_time, "(mode 0604)");
	refuses("own.pem", "changed.key", the_time, "(mode 0660)");
	refuses("own.pem", "own.key", the_time + 91 * 86400, "expired at ");
	refuses("own.pem", "own.key", the_time - 60, "is the clock right?");

	static const char *const good[][2] = { { "own.pem", "own.key" }, { "own.pem", "group.key" },
		{ "chain.pem", "own.key" }, { "bare.pem", "bare.key" }, { "tail.pem", "own.key" } };
	for (size_t i = 0; i < COUNT(good); i++) {
		struct tls_cert c;
		struct buf why = { 0 };
		same_err(good[i][0], judge(good[i][0], good[i][1], the_time, &c, &why), OK);
		assert_int_equal(why.n, 0);
		tls_cert_free(&c);
	}
	arena_unref(mem);
}

static void encrypted_keys_are_told_apart_from_broken_ones(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	(void)state;

	mem = arena_new(1 << 20);
	assert_true(PEM_write_bio_PrivateKey(
	    b, key, EVP_aes_256_cbc(), (const unsigned char *)"secret", 6, NULL, NULL));
	long n = BIO_get_mem_data(b, &p);
	certs_write(&files, "locked.key", (str){ p, (size_t)n }, 0600);
	refuses(
	    "own.pem", "locked.key", the_time, "is encrypted, and nobody is there to type its passphrase");
	BIO_free(b);
	EVP_PKEY_free(key);
	arena_unref(mem);
}

static void names_fit_as_rfc_6125_says(void **state)
{
	static const struct {
		const char *cert, *host;
		enum tls_fit fit;
		bool serves;
	} rows[] = {
		{ "own", "localhost", TLS_FITS, true }, { "own", "LOCALHOST", TLS_FITS, true },
		{ "own", "localhost.", TLS_NO_FIT, false }, { "own", "127.0.0.1", TLS_NO_FIT, true },
		{ "own", "127.0.0.2", TLS_NO_FIT, false }, { "own", "[::1]", TLS_NO_FIT, true },
		{ "own", "[::2]", TLS_NO_FIT, false }, { "own", "", TLS_NO_FIT, false },
		{ "exact", "www.b.example", TLS_FITS, true }, { "exact", "b.example", TLS_NO_FIT, false },
		{ "wide", "x.b.example", TLS_FITS_WILDCARD, true },
		{ "wide", "X.B.EXAMPLE", TLS_FITS_WILDCARD, true },
		{ "wide", "x.y.b.example", TLS_NO_FIT, false }, { "wide", ".b.example", TLS_NO_FIT, false },
		{ "wide", "b.example", TLS_FITS_WILDCARD, true }, { "wide", "*.b.example", TLS_FITS, true },
		{ "bare", "bare", TLS_NO_FIT, false }, /* the subject's CN is no name of a host any more */
	};
	(void)state;

	mem = arena_new(1 << 20);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char cert[50], key[50];
		struct tls_cert c;
		struct buf why = { 0 };
		snprintf(cert, sizeof cert, "%s.pem", rows[i].cert);
		snprintf(key, sizeof key, "%s.key", rows[i].cert);
		same_err(rows[i].host, judge(cert, key, the_time, &c, &why), OK);
		same_int(rows[i].host, tls_cert_fits(&c, str_of(rows[i].host)), rows[i].fit);
		same_int(rows[i].host, tls_cert_serves(&c, str_of(rows[i].host)), rows[i].serves);
		tls_cert_free(&c);
	}
	arena_unref(mem);
}

static void a_certificate_ends_soon_in_its_last_fortnight_or_third(void **state)
{
	struct tls_cert c = { .begins = 0, .ends = 90 * 86400 }, brief = { .begins = 0, .ends = 6 * 86400 };
	(void)state;

	assert_false(tls_cert_ends_soon(&c, 75 * 86400));
	assert_true(tls_cert_ends_soon(&c, 77 * 86400));
	assert_false(tls_cert_ends_soon(&brief, 3 * 86400));
	assert_true(tls_cert_ends_soon(&brief, 5 * 86400));
}

static void a_bad_one_among_many_refuses_all_and_names_its_place(void **state)
{
	char a[CERTS_ROOM], b[CERTS_ROOM], c[CERTS_ROOM];
	struct tls_pair pairs[] = {
		{ certs_path(&files, "own.pem", a), certs_path(&files, "own.key", b),
		    S("gatehouse.yml:3:5") },
		{ certs_path(&files, "exact.pem", c), certs_path(&files, "own.key", b),
		    S("gatehouse.yml:4:5") },
	};
	unsigned char key[32] = { 0 };
	struct tls_settings set = { pairs, 2, { key, 32 }, clock_now };
	struct buf why = { 0 };
	struct tls *t = NULL;
	(void)state;

	assert_int_equal(tls_load(&set, &t, &why), ERR_KEY_BAD);
	assert_null(t);
	assert_true(str_starts(buf_str(&why), S("gatehouse.yml:4:5: the key ")));
	buf_free(&why);
}

/* --- shown */

static void shows(struct tls *t, const char *asked, const char *cn, int version)
{
	struct peer_tls p;
	char got[100] = "";

	peer_tls_open(&p, t, asked);
	assert_true(
	    SSL_set_min_proto_version(p.ssl, version) == 1 && SSL_set_max_proto_version(p.ssl, version) == 1);
	holds(asked ? asked : "no name", peer_tls_shake(&p));
	X509 *x = SSL_get0_peer_certificate(p.ssl);
	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, got, sizeof got);
	same(asked ? asked : "no name", str_of(got), str_of(cn));
	peer_tls_close(&p);
}

static void the_name_chooses_the_certificate(void **state)
{
	static const char *const names[] = { "own", "wide", "exact", "rsa" };
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct tls *t = load(names, COUNT(names), 1);
	(void)state;

	for (size_t i = 0; i < COUNT(versions); i++) {
		shows(t, NULL, "own", versions[i]);
		shows(t, "localhost", "own", versions[i]);
		shows(t, "unknown.test", "own", versions[i]);
		shows(t, "www.b.example", "exact",
		    versions[i]); /* the wildcard stands before it, and fits worse */
		shows(t, "x.b.example", "wide", versions[i]);
		shows(t, "rsa.example", "rsa", versions[i]);
	}
	tls_unref(t);
}

static void old_versions_and_ciphers_are_refused(void **state)
{
	static const char *const names[] = { "own" };
	static const struct {
		int version;
		const char *ciphers;
		bool fine;
	} rows[] = {
		{ TLS1_1_VERSION, "ALL:@SECLEVEL=0", false },
		{ TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", false },
		{ TLS1_2_VERSION, "AES128-GCM-SHA256:@SECLEVEL=0", false },
		{ TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", true },
		{ TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", true },
	};
	struct tls *t = load(names, COUNT(names), 1);
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct peer_tls p;
		peer_tls_open(&p, t, NULL);
		assert_true(SSL_set_min_proto_version(p.ssl, rows[i].version) == 1 &&
		    SSL_set_max_proto_version(p.ssl, rows[i].version) == 1 &&
		    SSL_set_cipher_list(p.ssl, rows[i].ciphers) == 1);
		same_int(rows[i].ciphers, peer_tls_shake(&p), rows[i].fine);
		peer_tls_close(&p);
	}
	tls_unref(t);
}

static void alpn_takes_what_is_spoken_here_and_refuses_the_rest(void **state)
{
	static const struct {
		str offered;
		bool fine;
		str chosen;
	} rows[] = {
		{ S_INIT("\x08http/1.1"), true, S_INIT("http/1.1") },
		{ S_INIT("\x03xyz\x08http/1.0\x08http/1.1"), true, S_INIT("http/1.1") },
		{ S_INIT("\x08http/1.0"), true, S_INIT("http/1.0") },
		{ S_INIT("\x08http/1.1\x02h2"), true, S_INIT("h2") },
		{ S_INIT("\x03xyz"), false, S_INIT("") },
		{ S_INIT("\x08HTTP/1.1"), false, S_INIT("") },
	};
	static const char *const names[] = { "own" };
	struct tls *t = load(names, COUNT(names), 1);
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct peer_tls p;
		const unsigned char *name;
		unsigned n;
		peer_tls_open(&p, t, NULL);
		assert_int_equal(SSL_set_alpn_protos(p.ssl, (const unsigned char *)rows[i].offered.p,
				     (unsigned)rows[i].offered.n),
		    0);
		same_int("shakes", peer_tls_shake(&p), rows[i].fine);
		if (rows[i].fine) {
			SSL_get0_alpn_selected(p.ssl, &name, &n);
			same("chosen", (str){ (const char *)name, n }, rows[i].chosen);
			same_int("protocol", tls_protocol(p.server.ssl),
			    str_eq(rows[i].chosen, S("h2")) ? PROTOCOL_H2 : PROTOCOL_HTTP1);
		}
		peer_tls_close(&p);
	}
	tls_unref(t);
}

/* --- tickets */

/* A handshake that offers `old` (or nothing); the session to resume it by. *reused: whether the old one was. */
static SSL_SESSION *visit(struct tls *t, SSL_SESSION *old, int version, bool *reused)
{
	struct peer_tls p;
	char room[10];
	str hello = S("hello");

	peer_tls_open(&p, t, "localhost");
	assert_true(
	    SSL_set_min_proto_version(p.ssl, version) == 1 && SSL_set_max_proto_version(p.ssl, version) == 1);
	if (old)
		assert_true(SSL_set_session(p.ssl, old) == 1);
	assert_true(peer_tls_shake(&p));
	assert_int_equal(transport_put(&p.server, &hello, 1), 5);
	assert_int_equal(SSL_read(p.ssl, room, sizeof room), 5); /* the tickets come before it */
	*reused = SSL_session_reused(p.ssl) == 1;
	SSL_SESSION *s = SSL_get1_session(p.ssl);
	SSL_shutdown(p.ssl);
	peer_tls_close(&p);
	return s;
}

static bool resumes(struct tls *t, SSL_SESSION *s)
{
	bool reused;
	SSL_SESSION *next = visit(t, s, TLS1_3_VERSION, &reused);

	SSL_SESSION_free(next);
	return reused;
}

static void a_ticket_is_good_at_every_node_for_two_periods(void **state)
{
	static const char *const names[] = { "own" };
	static const char *const renewed[] = { "exact" };
	struct tls *t = load(names, 1, 1), *node = load(renewed, 1, 1), *stranger = load(names, 1, 2);
	int64_t begun = the_time;
	bool reused;
	SSL_SESSION *s = visit(t, NULL, TLS1_3_VERSION, &reused);
	(void)state;

	assert_false(reused);
	assert_true(SSL_SESSION_is_resumable(s));
	assert_true(resumes(t, s));
	assert_true(resumes(node, s));
	assert_false(resumes(stranger, s));
	the_time = begun + TLS_TICKET_SECONDS;
	assert_true(resumes(t, s));
	the_time = begun - TLS_TICKET_SECONDS; /* a node whose clock is behind the one that made it */
	assert_true(resumes(t, s));
	the_time = begun + 2 * TLS_TICKET_SECONDS;
	assert_false(resumes(t, s));
	the_time = begun - 2 * TLS_TICKET_SECONDS;
	assert_false(resumes(t, s));
	the_time = begun;
	assert_int_equal(SSL_SESSION_get_max_early_data(s), 0);
	SSL_SESSION_free(s);
	tls_unref(t);
	tls_unref(node);
	tls_unref(stranger);
}

static void tls_1_2_gets_no_ticket(void **state)
{
	static const char *const names[] = { "own" };
	struct tls *t = load(names, 1, 1);
	bool reused;
	SSL_SESSION *s = visit(t, NULL, TLS1_2_VERSION, &reused), *again;
	(void)state;

	assert_int_equal(SSL_SESSION_has_ticket(s), 0);
	again = visit(t, s, TLS1_2_VERSION, &reused);
	assert_false(reused);
	SSL_SESSION_free(s);
	SSL_SESSION_free(again);
	tls_unref(t);
}

static void a_connection_keeps_what_it_began_with(void **state)
{
	static const char *const names[] = { "own", "exact" };
	struct tls *t = load(names, 2, 1);
	struct peer_tls p;
	str hello = S("hello");
	char room[10];
	(void)state;

	peer_tls_open(&p, t, "a.example");
	tls_unref(t); /* a reload took its place in the middle of the handshake */
	assert_true(peer_tls_shake(&p));
	assert_int_equal(transport_put(&p.server, &hello, 1), 5);
	assert_int_equal(SSL_read(p.ssl, room, sizeof room), 5);
	peer_tls_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_that_cannot_serve_is_refused_with_what_to_do),
		cmocka_unit_test(encrypted_keys_are_told_apart_from_broken_ones),
		cmocka_unit_test(names_fit_as_rfc_6125_says),
		cmocka_unit_test(a_certificate_ends_soon_in_its_last_fortnight_or_third),
		cmocka_unit_test(a_bad_one_among_many_refuses_all_and_names_its_place),
		cmocka_unit_test(the_name_chooses_the_certificate),
		cmocka_unit_test(old_versions_and_ciphers_are_refused),
		cmocka_unit_test(alpn_takes_what_is_spoken_here_and_refuses_the_rest),
		cmocka_unit_test(a_ticket_is_good_at_every_node_for_two_periods),
		cmocka_unit_test(tls_1_2_gets_no_ticket),
		cmocka_unit_test(a_connection_keeps_what_it_began_with),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
