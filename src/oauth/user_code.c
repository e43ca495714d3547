#include "oauth/user_code.h"
#include "crypto/crypto.h"

static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";

#define LETTERS (sizeof letters - 1)
#define FAIR (256 - 256 % LETTERS) /* bytes below this are spread evenly over the letters */

str user_code_make(struct arena *mem)
{
	char code[USER_CODE];
	unsigned char byte;

	for (size_t n = 0; n < USER_CODE;) {
		rand_bytes(&byte, 1);
		if (byte < FAIR)
			code[n++] = letters[byte % LETTERS];
	}
	return user_code_show(mem, (str){ code, sizeof code });
}

bool user_code_read(struct arena *mem, str typed, str *out)
{
	char *code = arena_alloc(mem, USER_CODE);
	size_t n = 0;

	for (size_t i = 0; i < typed.n; i++) {
		char c = typed.p[i];
		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (n == USER_CODE || !str_has((str){ letters, LETTERS }, c))
			return false;
		code[n++] = c;
	}
	*out = (str){ code, n };
	return n == USER_CODE;
}

str user_code_show(struct arena *mem, str code)
{
	return arena_printf(mem, "%.*s-%.*s", FMT(str_sub(code, 0, USER_CODE / 2)),
	    FMT(str_sub(code, USER_CODE / 2, code.n)));
}
