#include "oauth/refresh.h"
#include "base/enc.h"
#include "crypto/crypto.h"

#include <string.h>

enum { GRANT = 8, GENERATION = 4, BODY = 32, TAG = 16, HEAD = GRANT + GENERATION + BODY, WHOLE = HEAD + TAG };

static void put(unsigned char *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)) & 0xff);
}

static uint64_t get(const unsigned char *p, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static void write_head(const struct refresh *r, unsigned char out[HEAD])
{
	put(out, (uint64_t)r->grant, GRANT);
	put(out + GRANT, r->generation, GENERATION);
	memcpy(out + GRANT + GENERATION, r->body, BODY);
}

/* Of three bytes more than what a body is made from, so one can never stand for the other. */
static void write_tag(struct secret key, const unsigned char head[HEAD], unsigned char tag[TAG])
{
	unsigned char data[3 + HEAD], mac[SHA256_SIZE];

	memcpy(data, "tag", 3);
	memcpy(data + 3, head, HEAD);
	hmac_sha256(key, (str){ (const char *)data, sizeof data }, mac);
	memcpy(tag, mac, TAG);
	secret_wipe(data, sizeof data);
	secret_wipe(mac, sizeof mac);
}

void refresh_first(int64_t grant, struct refresh *out)
{
	out->grant = grant;
	out->generation = 0;
	rand_bytes(out->body, BODY);
}

void refresh_next(struct secret key, const struct refresh *r, struct refresh *next)
{
	struct refresh step = *r;
	unsigned char head[HEAD];

	step.generation++; /* id, the new generation, the old body */
	write_head(&step, head);
	*next = step;
	hmac_sha256(key, (str){ (const char *)head, sizeof head }, next->body);
	secret_wipe(head, sizeof head);
	secret_wipe(&step, sizeof step);
}

str refresh_text(struct arena *mem, struct secret key, const struct refresh *r)
{
	unsigned char whole[WHOLE];
	struct buf b = BUF(mem);

	write_head(r, whole);
	write_tag(key, whole, whole + HEAD);
	buf_put(&b, S(REFRESH_PREFIX));
	buf_put(&b, b64url_write(mem, (str){ (const char *)whole, sizeof whole }));
	secret_wipe(whole, sizeof whole);
	return buf_str(&b);
}

enum err refresh_parse(struct arena *mem, struct secret key, struct secret text, struct refresh *out)
{
	str s = { (const char *)text.bytes, text.len }, bytes;
	unsigned char tag[TAG];

	if (!str_starts(s, S(REFRESH_PREFIX)) ||
	    b64url_parse(mem, str_sub(s, sizeof REFRESH_PREFIX - 1, s.n), &bytes) != OK || bytes.n != WHOLE)
		return ERR_NOT_FOUND;
	const unsigned char *p = (const unsigned char *)bytes.p;
	write_tag(key, p, tag);
	if (!secret_eq((struct secret){ tag, TAG }, (struct secret){ p + HEAD, TAG }))
		return ERR_NOT_FOUND;
	out->grant = (int64_t)get(p, GRANT);
	out->generation = (uint32_t)get(p + GRANT, GENERATION);
	memcpy(out->body, p + GRANT + GENERATION, BODY);
	return OK;
}

bool refresh_in_grace(int64_t grace, int64_t since, int64_t repeats)
{
	return grace > 0 && since <= grace && repeats < REFRESH_REPEATS_MAX;
}
