#include "net/tls_cert.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RSA_MIN 2048
#define EC_MIN 256
#define SOON_MOST ((int64_t)14 * 86400) /* certificates of 90 days are renewed with 30 left */

/* The file as memory for PEM readers; NULL with a sentence. It is wiped, since it may hold a key. */
static BIO *slurp(const char *what, str path, bool secret, struct buf *why)
{
	struct stat st;
	int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	BIO *out = NULL;

	if (fd < 0) {
		buf_printf(why, "the %s %.*s cannot be read: %s.", what, FMT(path), strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > TLS_FILE_MAX) {
		buf_printf(why, "the %s %.*s is no file of at most 1 MiB.", what, FMT(path));
	} else if (secret && st.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) {
		buf_printf(why,
		    "the %s %.*s can be read or changed by others (mode %04o): chmod 600 it, or 640 with the "
		    "group of the daemon.",
		    what, FMT(path), (unsigned)(st.st_mode & 07777));
	} else {
		char *text = OPENSSL_malloc((size_t)st.st_size + 1);
		ssize_t n = text ? read(fd, text, (size_t)st.st_size) : -1;
		out = n >= 0 ? BIO_new(BIO_s_secmem()) : NULL;
		if (out && n > 0 && BIO_write(out, text, (int)n) != n) {
			BIO_free(out);
			out = NULL;
		}
		OPENSSL_clear_free(text, (size_t)st.st_size + 1);
		if (!out)
			buf_printf(why, "the %s %.*s cannot be read.", what, FMT(path));
	}
	close(fd);
	return out;
}

/* --- the chain */

static enum err read_chain(str path, struct tls_cert *c, struct buf *why)
{
	BIO *in = slurp("certificate", path, false, why);

	if (!in)
		return ERR_KEY_BAD;
	c->leaf = PEM_read_bio_X509(in, NULL, NULL, NULL);
	c->chain = sk_X509_new_null();
	for (X509 *next; c->leaf && c->chain && (next = PEM_read_bio_X509(in, NULL, NULL, NULL));) {
		if (sk_X509_num(c->chain) >= TLS_CHAIN_MAX || !sk_X509_push(c->chain, next)) {
			X509_free(next);
			break;
		}
	}
	BIO_free(in);
	/* What ends the reading well is that no further block begins. */
	bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	if (c->leaf && c->chain && whole)
		return OK;
	buf_printf(why,
	    c->leaf
		? "the certificate %.*s holds something after the first certificate that is none, or more "
		  "than 10 of them."
		: "the certificate %.*s holds no certificate: a PEM file is wanted, the server's own first "
		  "and what signed it behind (fullchain.pem).",
	    FMT(path));
	return ERR_KEY_BAD;
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static enum err judge_time(struct arena *mem, str path, struct tls_cert *c, int64_t now, struct buf *why)
{
	c->begins = seconds_of(X509_get0_notBefore(c->leaf));
	c->ends = seconds_of(X509_get0_notAfter(c->leaf));
	if (now >= c->begins && now <= c->ends)
		return OK;
	str at = time_rfc3339(mem, now > c->ends ? c->ends : c->begins);
	if (now > c->ends)
		buf_printf(why, "the certificate %.*s expired at %.*s: renew it.", FMT(path), FMT(at));
	else
		buf_printf(why, "the certificate %.*s is good from %.*s only; is the clock right?", FMT(path),
		    FMT(at));
	return ERR_KEY_BAD;
}

static void read_names(struct arena *mem, struct tls_cert *c)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(c->leaf, NID_subject_alt_name, NULL, NULL);
	int count = all ? sk_GENERAL_NAME_num(all) : 0;
	str *names = NEW_ARRAY(mem, str, (size_t)(count < TLS_NAMES_MAX ? count : TLS_NAMES_MAX) + 1);

	for (int i = 0; i < count && c->name_count < TLS_NAMES_MAX; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);
		if (g->type != GEN_DNS)
			continue;
		str name = arena_copy(mem,
		    (str){ (const char *)ASN1_STRING_get0_data(g->d.dNSName),
			(size_t)ASN1_STRING_length(g->d.dNSName) });
		if (name.n == 0 || str_has(name, '\0'))
			continue; /* a name with a NUL fits nothing, whatever a reader of C strings sees */
		for (char *p = (char *)(uintptr_t)name.p; *p; p++)
			*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
		names[c->name_count++] = name;
	}
	c->names = names;
	GENERAL_NAMES_free(all);
}

/* --- the key */

/* Called for keys that are encrypted, and by nothing else. Nobody sits there to type. */
static int no_passphrase(char *room, int size, int writing, void *asked)
{
	(void)room, (void)size, (void)writing;
	*(bool *)asked = true;
	return -1;
}

static enum err read_key(str path, struct tls_cert *c, struct buf *why)
{
	BIO *in = slurp("key", path, true, why);
	bool asked = false;

	if (!in)
		return ERR_KEY_BAD;
	c->key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, &asked);
	BIO_free(in);
	ERR_clear_error();
	if (c->key)
		return OK;
	if (asked)
		buf_printf(why,
		    "the key %.*s is encrypted, and nobody is there to type its passphrase: openssl pkey -in "
		    "%.*s -out key.pem, with mode 0600.",
		    FMT(path), FMT(path));
	else
		buf_printf(why, "the key %.*s holds no private key in PEM form.", FMT(path));
	return ERR_KEY_BAD;
}

static enum err judge_key(str cert_path, str key_path, const struct tls_cert *c, struct buf *why)
{
	int type = EVP_PKEY_get_base_id(c->key), bits = EVP_PKEY_get_bits(c->key);
	bool fits = X509_check_private_key(c->leaf, c->key) == 1;

	ERR_clear_error();
	if (!fits) {
		buf_printf(why,
		    "the key %.*s is not that of the first certificate in %.*s: give the pair that was made "
		    "together, the server's own certificate first.",
		    FMT(key_path), FMT(cert_path));
		return ERR_KEY_BAD;
	}
	if ((type == EVP_PKEY_RSA && bits >= RSA_MIN) || (type == EVP_PKEY_EC && bits >= EC_MIN) ||
	    type == EVP_PKEY_ED25519)
		return OK;
	buf_printf(why,
	    "the key %.*s (%d bits) is one that clients refuse: use ECDSA P-256, or RSA with 2048.",
	    FMT(key_path), bits);
	return ERR_KEY_BAD;
}

enum err tls_cert_read(
    struct arena *mem, str cert_path, str key_path, int64_t now, struct tls_cert *out, struct buf *why)
{
	*out = (struct tls_cert){ 0 };
	cert_path = arena_copy(mem, cert_path); /* with a NUL behind */
	key_path = arena_copy(mem, key_path);
	ERR_clear_error();
	enum err e = read_chain(cert_path, out, why);
	if (e == OK)
		e = judge_time(mem, cert_path, out, now, why);
	if (e == OK)
		e = read_key(key_path, out, why);
	if (e == OK)
		e = judge_key(cert_path, key_path, out, why);
	if (e == OK)
		read_names(mem, out);
	else
		tls_cert_free(out);
	return e;
}

void tls_cert_free(struct tls_cert *c)
{
	X509_free(c->leaf);
	sk_X509_pop_free(c->chain, X509_free);
	EVP_PKEY_free(c->key);
	*c = (struct tls_cert){ 0 };
}

/* --- names */

enum tls_fit tls_cert_fits(const struct tls_cert *c, str host)
{
	enum tls_fit best = TLS_NO_FIT;
	ptrdiff_t dot = str_index(host, '.');

	for (size_t i = 0; i < c->name_count; i++) {
		str name = c->names[i];
		if (str_ieq(name, host))
			return TLS_FITS;
		if (dot > 0 && str_starts(name, S("*.")) &&
		    str_ieq(str_sub(name, 1, name.n), str_sub(host, (size_t)dot, host.n)))
			best = TLS_FITS_WILDCARD;
	}
	return best;
}

bool tls_cert_serves(const struct tls_cert *c, str host)
{
	char z[256];
	bool six = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';

	if (tls_cert_fits(c, host) != TLS_NO_FIT)
		return true;
	if (six)
		host = str_sub(host, 1, host.n - 1);
	if (host.n == 0 || host.n >= sizeof z)
		return false;
	memcpy(z, host.p, host.n);
	z[host.n] = '\0';
	bool fits = X509_check_ip_asc(c->leaf, z, 0) == 1;
	ERR_clear_error();
	return fits;
}

bool tls_cert_ends_soon(const struct tls_cert *c, int64_t now)
{
	int64_t third = (c->ends - c->begins) / 3;

	return c->ends - now < (third < SOON_MOST ? third : SOON_MOST);
}
