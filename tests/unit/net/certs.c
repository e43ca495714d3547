#include "certs.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "certs: %s\n", what);
	abort();
}

void certs_begin(struct certs *c)
{
	snprintf(c->dir, sizeof c->dir, "/tmp/gatehouse-certs-XXXXXX");
	must(mkdtemp(c->dir) != NULL, "mkdtemp");
}

void certs_end(struct certs *c)
{
	char path[CERTS_ROOM];
	DIR *d = opendir(c->dir);

	must(d != NULL, "opendir");
	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.')
			(void)unlink(certs_path(c, e->d_name, path).p);
	closedir(d);
	(void)rmdir(c->dir);
}

str certs_path(const struct certs *c, const char *name, char room[CERTS_ROOM])
{
	int n = snprintf(room, CERTS_ROOM, "%s/%s", c->dir, name);

	must(n > 0 && n < CERTS_ROOM, "path");
	return (str){ room, (size_t)n };
}

void certs_write(const struct certs *c, const char *name, str text, unsigned mode)
{
	char path[CERTS_ROOM];
	int fd = open(certs_path(c, name, path).p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && fchmod(fd, mode) == 0, "write");
	close(fd);
}

static void write_bio(const struct certs *c, const char *name, const char *ending, BIO *b)
{
	char file[100], *p;
	long n = BIO_get_mem_data(b, &p);

	snprintf(file, sizeof file, "%s.%s", name, ending);
	certs_write(c, file, (str){ p, (size_t)n }, 0600);
	BIO_free(b);
}

static void make(
    const struct certs *c, const char *name, const char *names, time_t from, time_t to, EVP_PKEY *key)
{
	X509 *x = X509_new();
	BIO *cert = BIO_new(BIO_s_mem()), *private = BIO_new(BIO_s_mem());

	must(X509_set_version(x, X509_VERSION_3) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
		ASN1_TIME_set(X509_getm_notBefore(x), from) && ASN1_TIME_set(X509_getm_notAfter(x), to) &&
		X509_set_pubkey(x, key) &&
		X509_NAME_add_entry_by_txt(
		    X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) &&
		X509_set_issuer_name(x, X509_get_subject_name(x)),
	    "certificate");
	if (names) {
		X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
		must(e && X509_add_ext(x, e, -1), "names");
		X509_EXTENSION_free(e);
	}
	must(X509_sign(x, key, EVP_sha256()) && PEM_write_bio_X509(cert, x) &&
		PEM_write_bio_PrivateKey(private, key, NULL, NULL, 0, NULL, NULL),
	    "sign");
	write_bio(c, name, "pem", cert);
	write_bio(c, name, "key", private);
	X509_free(x);
	EVP_PKEY_free(key);
}

void certs_make(const struct certs *c, const char *name, const char *names, long long from, long long to)
{
	make(c, name, names, (time_t)from, (time_t)to, EVP_EC_gen("P-256"));
}

void certs_make_rsa(const struct certs *c, const char *name, const char *names, unsigned bits)
{
	make(c, name, names, time(NULL) - 10, time(NULL) + 86400, EVP_RSA_gen(bits));
}
