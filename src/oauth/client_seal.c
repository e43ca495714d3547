/*
 * version (1 byte) || AEAD of: methods and grants (1 byte), time of issue (8), then name, uri, scope and
 * redirect URIs, each with its length in two bytes before it. Associated data: version and tenant, so that no
 * id is good at another issuer.
 */
#include "oauth/client_seal.h"
#include "base/enc.h"
#include "crypto/crypto.h"
#include "model/redirect.h"

#define VERSION 1
#define OVERHEAD 29 /* version, nonce, tag */
#define FIELD_MAX 0xffff

static const str methods[] = { S_INIT("none"), S_INIT("client_secret_basic"), S_INIT("client_secret_post") };

enum { METHOD_BITS = 3, GRANT_CODE = 4, GRANT_REFRESH = 8 };

static str associated(char out[9], int64_t tenant)
{
	out[0] = VERSION;
	for (int i = 0; i < 8; i++)
		out[1 + i] = (char)((uint64_t)tenant >> (56 - 8 * i) & 0xff);
	return (str){ out, 9 };
}

static void put_int(struct buf *b, uint64_t v, int bytes)
{
	while (bytes-- > 0)
		buf_char(b, (char)(v >> (8 * bytes) & 0xff));
}

static void put_field(struct buf *b, str s)
{
	put_int(b, s.n, 2);
	buf_put(b, s);
}

static uint64_t flags_of(const struct client *client)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < COUNT(methods); i++)
		if (str_eq(client->auth_method, methods[i]))
			flags = i;
	if (str_list_has(client->grant_types, ' ', S("authorization_code")))
		flags |= GRANT_CODE;
	if (str_list_has(client->grant_types, ' ', S("refresh_token")))
		flags |= GRANT_REFRESH;
	return flags;
}

enum err client_seal(struct arena *mem, struct secret key, int64_t tenant, const struct client *client,
    int64_t issued, str *client_id)
{
	struct buf b = BUF(mem), id = BUF(mem);
	char data[9];
	str sealed;

	*client_id = (str){ NULL, 0 };
	if (client->name.n > FIELD_MAX || client->uri.n > FIELD_MAX || client->scope.n > FIELD_MAX ||
	    client->redirect_uris.n > FIELD_MAX)
		return ERR_TOO_LARGE;
	put_int(&b, flags_of(client), 1);
	put_int(&b, (uint64_t)issued, 8);
	put_field(&b, client->name);
	put_field(&b, client->uri);
	put_field(&b, client->scope);
	put_field(&b, client->redirect_uris);
	if (b.full || (b.n + OVERHEAD) * 4 / 3 + sizeof CLIENT_SEALED_PREFIX > CLIENT_ID_MAX)
		return ERR_TOO_LARGE;
	TRY(aead_seal(mem, key, buf_str(&b), associated(data, tenant), &sealed));

	struct buf raw = BUF(mem);
	buf_char(&raw, VERSION);
	buf_put(&raw, sealed);
	buf_put(&id, S(CLIENT_SEALED_PREFIX));
	buf_put(&id, b64url_write(mem, buf_str(&raw)));
	if (raw.full || id.full)
		return ERR_TOO_LARGE;
	*client_id = buf_str(&id);
	return OK;
}

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

static str grants_of(uint64_t flags)
{
	if ((flags & GRANT_CODE) && (flags & GRANT_REFRESH))
		return S("authorization_code refresh_token");
	return flags & GRANT_CODE ? S("authorization_code") : S("refresh_token");
}

static bool read_client(str s, struct client *out)
{
	uint64_t flags, issued;

	if (!take_int(&s, 1, &flags) || (flags & METHOD_BITS) >= COUNT(methods) || !take_int(&s, 8, &issued))
		return false;
	out->auth_method = methods[flags & METHOD_BITS];
	out->grant_types = grants_of(flags);
	return take_field(&s, &out->name) && take_field(&s, &out->uri) && take_field(&s, &out->scope) &&
	    take_field(&s, &out->redirect_uris) && s.n == 0;
}

enum err client_unseal(
    struct arena *mem, struct secret key, int64_t tenant, str client_id, struct client *out)
{
	str text = str_sub(client_id, sizeof CLIENT_SEALED_PREFIX - 1, client_id.n), raw, plain;
	char data[9];

	*out = (struct client){ .origin = CLIENT_SEALED };
	if (client_id.n > CLIENT_ID_MAX || !str_starts(client_id, S(CLIENT_SEALED_PREFIX)) ||
	    b64url_parse(mem, text, &raw) != OK || raw.n < OVERHEAD || raw.p[0] != VERSION)
		return ERR_NOT_FOUND;
	/* what does not open is no broken seal but an invention, or of a store that was replaced */
	if (aead_open(mem, key, str_sub(raw, 1, raw.n), associated(data, tenant), &plain) != OK ||
	    !read_client(plain, out))
		return ERR_NOT_FOUND;
	out->client_id = client_id;
	out->native = redirect_native(out->redirect_uris);
	return OK;
}

str client_sealed_secret(struct arena *mem, struct secret key, str client_id)
{
	unsigned char mac[SHA256_SIZE];
	struct buf b = BUF(mem), out = BUF(mem);

	buf_put(&b, S("secret|"));
	buf_put(&b, client_id);
	hmac_sha256(key, buf_str(&b), mac);
	buf_put(&out, S("gh_cs_"));
	buf_put(&out, b64url_write(mem, (str){ (const char *)mac, sizeof mac }));
	return buf_str(&out);
}
