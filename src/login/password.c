#include "login/password.h"

#include "crypto/crypto.h"

static size_t characters(str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static bool one_character(str s)
{
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] != s.p[0])
			return false;
	return true;
}

str password_fault(str password, str confirm, str email)
{
	if (characters(password) < PASSWORD_MIN)
		return S("The password is too short: at least 10 characters.");
	if (password.n > PASSWORD_MAX)
		return S("The password is too long: at most 256 bytes.");
	if (one_character(password) || str_ieq(password, email))
		return S("This password is too easy to guess.");
	if (!secret_eq(secret_of(password), secret_of(confirm)))
		return S("The two passwords differ.");
	return S("");
}
