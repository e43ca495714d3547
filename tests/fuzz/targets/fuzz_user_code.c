/* What people type as a device's code, and what programs send as one of our handles: each is known in one form only. covers: src/oauth/user_code.c src/oauth/handle.c */
#include "base/enc.h"
#include "base/secret.h"
#include "crypto/crypto.h"
#include "oauth/handle.h"
#include "oauth/user_code.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond) ((cond) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new(1 << 20);
	str in = { (const char *)data, size }, code, again, bytes;
	int64_t id;

	if (user_code_read(mem, in, &code)) {
		CHECK(code.n == USER_CODE && str_within(code, 'B', 'Z'));
		CHECK(user_code_read(mem, user_code_show(mem, code), &again) && str_eq(again, code));
	}
	if (handle_parse(mem, S("gh_dc_"), secret_of(in), &id) == OK) {
		CHECK(b64url_parse(mem, str_sub(in, 6, in.n), &bytes) == OK && bytes.n == 40);
		for (int i = 0; i < 8; i++)
			CHECK((unsigned char)bytes.p[i] == ((uint64_t)id >> (56 - 8 * i) & 0xff));
	}
	arena_unref(mem);
	return 0;
}
