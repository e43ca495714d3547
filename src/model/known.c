#include "model/known.h"

#include "base/url.h"

#define SEGMENT_MAX 128 /* bytes; ids of the makers have some 20 */

const struct known_client known_clients[] = {
#define CLIENT(name_, uri_, confidence_) { S_INIT(name_), S_INIT(uri_), false, #confidence_[0] },
#define CLIENT_BELOW(name_, uri_, confidence_) { S_INIT(name_), S_INIT(uri_), true, #confidence_[0] },
#include "clients.def"
#undef CLIENT
#undef CLIENT_BELOW
};
const size_t known_client_count = COUNT(known_clients);

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* An id and nothing else: no further segment, no dots to climb with, no query (RFC 9700 section 4.1.1). */
static bool segment(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!letter_or_digit(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= SEGMENT_MAX;
}

const struct known_client *known_client(str redirect_uri)
{
	for (size_t i = 0; i < known_client_count; i++) {
		const struct known_client *k = &known_clients[i];
		if (str_eq(redirect_uri, k->uri) && !k->below)
			return k;
		if (k->below && str_starts(redirect_uri, k->uri) &&
		    segment(str_sub(redirect_uri, k->uri.n, redirect_uri.n)))
			return k;
	}
	return NULL;
}

bool known_proves(const struct known_client *known)
{
	return str_starts(known->uri, S("https://"));
}

str known_name(str client_name)
{
	str name = str_trim(client_name);

	for (size_t i = 0; i < known_client_count; i++) {
		str known = known_clients[i].name;
		if (str_ieq(str_sub(name, 0, known.n), known) &&
		    (name.n == known.n || !letter_or_digit(name.p[known.n])))
			return known;
	}
	return S("");
}

bool known_origin(str origin)
{
	struct url u;

	for (size_t i = 0; i < known_client_count; i++) {
		const struct known_client *k = &known_clients[i];
		/* the origin is all up to the path, which every row has */
		if (known_proves(k) && str_starts(k->uri, origin) && url_parse(k->uri, &u) == OK &&
		    k->uri.p + origin.n == u.path.p)
			return true;
	}
	return false;
}
