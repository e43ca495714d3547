#include "oauth/handle.h"
#include "base/enc.h"
#include "crypto/crypto.h"

#define ID 8
#define RANDOM 32

str handle_make(struct arena *mem, str prefix, int64_t id)
{
	unsigned char bytes[ID + RANDOM];
	struct buf b = BUF(mem);

	for (int i = 0; i < ID; i++)
		bytes[i] = (unsigned char)((uint64_t)id >> (56 - 8 * i) & 0xff);
	rand_bytes(bytes + ID, RANDOM);
	buf_put(&b, prefix);
	buf_put(&b, b64url_write(mem, (str){ (const char *)bytes, sizeof bytes }));
	secret_wipe(bytes, sizeof bytes);
	return buf_str(&b);
}

enum err handle_parse(struct arena *mem, str prefix, struct secret text, int64_t *id)
{
	str s = { (const char *)text.bytes, text.len }, bytes;
	uint64_t v = 0;

	if (!str_starts(s, prefix) || b64url_parse(mem, str_sub(s, prefix.n, s.n), &bytes) != OK ||
	    bytes.n != ID + RANDOM)
		return ERR_NOT_FOUND;
	for (int i = 0; i < ID; i++)
		v = v << 8 | (unsigned char)bytes.p[i];
	*id = (int64_t)v;
	return OK;
}
