#include "login/ticket.h"

#include "base/enc.h"
#include "base/id.h"
#include "crypto/crypto.h"

#define ID 8
#define RANDOM 32

struct ticket ticket_make(struct arena *mem, const char *prefix, int64_t now_ms, str *text)
{
	unsigned char bytes[ID + RANDOM];
	struct ticket t = { .id = id_make(now_ms, rand_u32()) };
	struct buf b = BUF(mem);

	for (int i = 0; i < ID; i++)
		bytes[i] = (unsigned char)((uint64_t)t.id >> (56 - 8 * i) & 0xff);
	rand_bytes(bytes + ID, RANDOM);
	buf_put(&b, str_of(prefix));
	buf_put(&b, b64url_write(mem, (str){ (const char *)bytes, sizeof bytes }));
	secret_wipe(bytes, sizeof bytes);
	*text = buf_str(&b);
	t.hash = token_hash(mem, secret_of(*text));
	return t;
}

bool ticket_parse(struct arena *mem, const char *prefix, str text, struct ticket *out)
{
	str head = str_of(prefix), bytes;
	uint64_t id = 0;

	if (text.n > 100 || !str_starts(text, head) ||
	    b64url_parse(mem, str_sub(text, head.n, text.n), &bytes) != OK || bytes.n != ID + RANDOM)
		return false;
	for (int i = 0; i < ID; i++)
		id = id << 8 | (unsigned char)bytes.p[i];
	*out = (struct ticket){ .id = (int64_t)id, .hash = token_hash(mem, secret_of(text)) };
	return true;
}

bool ticket_fits(const struct ticket *t, str hash)
{
	return secret_eq(secret_of(t->hash), secret_of(hash));
}
