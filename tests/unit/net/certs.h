/* Certificates for tests, made on the spot and written into a directory of their own. */
#ifndef TEST_CERTS_H
#define TEST_CERTS_H

#include "base/str.h"

#define CERTS_ROOM 200

struct certs {
	char dir[64];
};

/* A directory for files; certs_end removes it and them. */
void certs_begin(struct certs *c);
void certs_end(struct certs *c);
/* The path of a file in it, in `room`. */
str certs_path(const struct certs *c, const char *name, char room[CERTS_ROOM]);
/* Self-signed NAME.pem and NAME.key (0600) for a subjectAltName ("DNS:a.example,DNS:*.b.example"; NULL: none), good from..to. */
void certs_make(const struct certs *c, const char *name, const char *names, long long from, long long to);
/* The same with a key of so many bits of RSA. */
void certs_make_rsa(const struct certs *c, const char *name, const char *names, unsigned bits);
/* A file with this text and mode. */
void certs_write(const struct certs *c, const char *name, str text, unsigned mode);

#endif
