/*
 * version (1 byte) || AEAD of what the client is. Associated data: version and tenant, so that no id is good at another
 * issuer. Fields have their length in two bytes before them.
 *   2: method (1 byte), grant types (1 byte, bits in the order of tables/grants.def), time of issue (8), name, scope, redirect
 *      URIs, and what few clients have, as client_extra writes it.
 *   1: method and grants (1 byte), time of issue (8), name, uri, scope, redirect URIs. Opened for ever, made no more: people's
 *      clients keep their ids for years.
 */
#include "client/client_seal.h"
#include "base/enc.h"
#include "client/client_extra.h"
#include "crypto/crypto.h"
#include "model/grant_name.h"
#include "model/redirect.h"

#define VERSION 2
#define OVERHEAD 29 /* version, nonce, tag */
#define FIELD_MAX 0xffff

/* By the number that stands in ids. */
static const str methods[] = { S_INIT("none"), S_INIT("client_secret_basic"), S_INIT("client_secret_post"),
	S_INIT("private_key_jwt") };

enum { METHODS_1 = 3, METHOD_BITS_1 = 3, GRANT_CODE_1 = 4, GRANT_REFRESH_1 = 8 };

static str associated(char out[9], char version, int64_t tenant)
{
	out[0] = version;
	for (int i = 0; i < 8; i++)
		out[1 + i] = (char)((uint64_t)tenant >> (56 - 8 * i) & 0xff);
	return (str){ out, 9 };
}

/* --- writing */

static void put_int(struct buf *b, uint64_t v, int bytes)
{
	while (bytes-- > 0)
		buf_char(b, (char)(v >> (8 * bytes) & 0xff));
}

static bool put_field(struct buf *b, str s)
{
	if (s.n > FIELD_MAX)
		return false;
	put_int(b, s.n, 2);
	buf_put(b, s);
	return true;
}

static uint64_t method_number(str method)
{
	for (size_t i = 0; i < COUNT(methods); i++)
		if (str_eq(method, methods[i]))
			return i;
	return 0;
}

static bool write_client(struct arena *mem, const struct client *client, int64_t issued, struct buf *b)
{
	str extra = client_extra_write(mem, client);

	put_int(b, method_number(client->auth_method), 1);
	put_int(b, grant_names_bits(client->grant_types), 1);
	put_int(b, (uint64_t)issued, 8);
	return put_field(b, client->name) && put_field(b, client->scope) &&
	    put_field(b, client->redirect_uris) && extra.p && put_field(b, extra) && !b->full;
}

enum err client_seal(struct arena *mem, struct secret key, int64_t tenant, const struct client *client,
    int64_t issued, str *client_id)
{
	struct buf b = BUF(mem), id = BUF(mem), raw = BUF(mem);
	char data[9];
	str sealed;

	*client_id = (str){ NULL, 0 };
	if (!write_client(mem, client, issued, &b) ||
	    (b.n + OVERHEAD) * 4 / 3 + sizeof CLIENT_SEALED_PREFIX > CLIENT_ID_MAX)
		return ERR_TOO_LARGE;
	TRY(aead_seal(mem, key, buf_str(&b), associated(data, VERSION, tenant), &sealed));
	buf_char(&raw, VERSION);
	buf_put(&raw, sealed);
	buf_put(&id, S(CLIENT_SEALED_PREFIX));
	buf_put(&id, b64url_write(mem, buf_str(&raw)));
	if (raw.full || id.full)
		return ERR_TOO_LARGE;
	*client_id = buf_str(&id);
	return OK;
}

/* --- reading */

static bool take_int(str *s, size_t bytes, uint64_t *out)
{
	*out = 0;
	if (s->n < bytes)
		return false;
	for (size_t i = 0; i < bytes; i++)
		*out = *out << 8 | (unsigned char)s->p[i];
	*s = str_sub(*s, bytes, s->n);
	return true;
}

static bool take_field(str *s, str *out)
{
	uint64_t n;

	if (!take_int(s, 2, &n) || s->n < n)
		return false;
	*out = str_sub(*s, 0, n);
	*s = str_sub(*s, n, s->n);
	return true;
}

static str grants_1(uint64_t flags)
{
	if ((flags & GRANT_CODE_1) && (flags & GRANT_REFRESH_1))
		return S("authorization_code refresh_token");
	return flags & GRANT_CODE_1 ? S("authorization_code") : S("refresh_token");
}

static bool read_1(struct arena *mem, str s, struct client *out)
{
	uint64_t flags, issued;

	(void)mem;
	if (!take_int(&s, 1, &flags) || (flags & METHOD_BITS_1) >= METHODS_1 || !take_int(&s, 8, &issued))
		return false;
	out->auth_method = methods[flags & METHOD_BITS_1];
	out->grant_types = grants_1(flags);
	return take_field(&s, &out->name) && take_field(&s, &out->uri) && take_field(&s, &out->scope) &&
	    take_field(&s, &out->redirect_uris) && s.n == 0;
}

static bool read_2(struct arena *mem, str s, struct client *out)
{
	uint64_t method, grants, issued;
	str extra;

	if (!take_int(&s, 1, &method) || method >= COUNT(methods) || !take_int(&s, 1, &grants) ||
	    !take_int(&s, 8, &issued))
		return false;
	out->auth_method = methods[method];
	out->grant_types = grant_names_text(mem, (unsigned)grants);
	if (!take_field(&s, &out->name) || !take_field(&s, &out->scope) ||
	    !take_field(&s, &out->redirect_uris) || !take_field(&s, &extra) || s.n != 0)
		return false;
	client_extra_read(mem, extra, out);
	return true;
}

static bool (*const readers[])(struct arena *mem, str s, struct client *out) = { [1] = read_1, [2] = read_2 };

enum err client_unseal(
    struct arena *mem, struct secret key, int64_t tenant, str client_id, struct client *out)
{
	str text = str_sub(client_id, sizeof CLIENT_SEALED_PREFIX - 1, client_id.n), raw, plain;
	char data[9];

	*out = (struct client){ .origin = CLIENT_SEALED };
	if (client_id.n > CLIENT_ID_MAX || !str_starts(client_id, S(CLIENT_SEALED_PREFIX)) ||
	    b64url_parse(mem, text, &raw) != OK || raw.n < OVERHEAD)
		return ERR_NOT_FOUND;
	unsigned char version = (unsigned char)raw.p[0];
	if (version >= COUNT(readers) || !readers[version])
		return ERR_NOT_FOUND;
	/* what does not open is no broken seal but an invention, or of a store that was replaced */
	if (aead_open(mem, key, str_sub(raw, 1, raw.n), associated(data, (char)version, tenant), &plain) !=
		OK ||
	    !readers[version](mem, plain, out))
		return ERR_NOT_FOUND;
	out->client_id = client_id;
	out->native = redirect_native(out->redirect_uris);
	return OK;
}

/* --- what is computed from an id */

static str computed(
    struct arena *mem, struct secret key, const char *purpose, const char *prefix, str client_id)
{
	unsigned char mac[SHA256_SIZE];
	struct buf b = BUF(mem), out = BUF(mem);

	buf_put(&b, str_of(purpose));
	buf_put(&b, client_id);
	hmac_sha256(key, buf_str(&b), mac);
	buf_put(&out, str_of(prefix));
	buf_put(&out, b64url_write(mem, (str){ (const char *)mac, sizeof mac }));
	secret_wipe(mac, sizeof mac);
	return buf_str(&out);
}

str client_sealed_secret(struct arena *mem, struct secret key, str client_id)
{
	return computed(mem, key, "secret|", "gh_cs_", client_id);
}

str client_registration_token(struct arena *mem, struct secret key, str client_id)
{
	return computed(mem, key, "registration|", "gh_ra_", client_id);
}
