#include "base/mask.h"

#include <string.h>

#define SHOWN 3  /* "..." */
#define SHORT 16 /* fewer signs than this behind a beginning are no secret of anybody */

static bool sign(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '_';
}

static bool small(char c)
{
	return c >= 'a' && c <= 'z';
}

/* How long the beginning of a secret is here; 0: none begins. */
static size_t beginning(str s)
{
	static const str uri = S_INIT("urn:ietf:params:oauth:request_uri:");

	if (str_starts(s, uri))
		return uri.n;
	if (str_starts(s, S("eyJ"))) /* the beginning of every JSON object in base64url */
		return 3;
	/* of our own; "gh_cr_" begins ids of clients (oauth/register.c), and "gh_c_" is one letter short */
	if (s.n > 6 && str_starts(s, S("gh_")) && small(s.p[3]) && small(s.p[4]) && s.p[5] == '_' &&
	    !str_starts(s, S("gh_cr_")))
		return 6;
	return 0;
}

/* The signs of a secret; a signed text has dots between its parts. */
static size_t length(str s)
{
	size_t n = 0;

	while (n < s.n && (sign(s.p[n]) || (s.p[n] == '.' && n + 1 < s.n && sign(s.p[n + 1]))))
		n++;
	return n;
}

size_t mask_secrets(char *text, size_t n)
{
	size_t to = 0;

	for (size_t at = 0; at < n;) {
		str rest = { text + at, n - at };
		size_t head = beginning(rest), tail = head ? length(str_sub(rest, head, rest.n)) : 0;
		if (tail < SHORT) {
			text[to++] = text[at++];
			continue;
		}
		memmove(text + to, text + at, head);
		memcpy(text + to + head, "...", SHOWN);
		to += head + SHOWN;
		at += head + tail;
	}
	return to;
}

str mask_copy(struct arena *mem, str s)
{
	str copy = arena_copy(mem, s);

	copy.n = mask_secrets((char *)(uintptr_t)copy.p, copy.n);
	return copy.n == s.n ? s : copy;
}
