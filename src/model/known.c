#include "model/known.h"

#include "base/url.h"

#define SEGMENT_MAX 128 /* bytes; ids of the makers have some 20 */
#define ID_PLACE S("{id}")

/* The words of a client stand once, in its CLIENT row. */
#define CLIENT(word_, id_, name_, ...)                                   \
	static const char id_of_##word_[] __attribute__((unused)) = id_; \
	static const char name_of_##word_[] __attribute__((unused)) = name_;
#include "clients.def"

#define WORDS(word_)                                       \
	.id = { id_of_##word_, sizeof id_of_##word_ - 1 }, \
	.name = { name_of_##word_, sizeof name_of_##word_ - 1 }
#define SENT KNOWN_SENT
#define DESCRIBED KNOWN_DESCRIBED
#define KNOWN KNOWN_SEEN
#define ADDRESS(word_, match_, uri_, confidence_, use_) \
	{ WORDS(word_), S_INIT(uri_), KNOWN_##match_, #confidence_[0], use_ },
#define DOCUMENT(word_, uri_, confidence_) \
	{ WORDS(word_), S_INIT(uri_), KNOWN_DOCUMENT, #confidence_[0], KNOWN_SENT },
const struct known_client known_clients[] = {
#include "clients.def"
};
const size_t known_client_count = COUNT(known_clients);

#define CLIENT(word_, id_, name_, ...) S_INIT(name_),
static const str names[] = {
#include "clients.def"
};

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

/* What stands before the id of a KNOWN_BELOW row. */
static str fixed(const struct known_client *k)
{
	return str_sub(k->uri, 0, k->uri.n - ID_PLACE.n);
}

/* Is that the address of the row, and may it be decided by? */
static bool meets(const struct known_client *k, str uri)
{
	if (k->confidence == 'C')
		return false;
	switch (k->match) {
	case KNOWN_EXACT:
	case KNOWN_RELAY:
		return str_eq(uri, k->uri);
	case KNOWN_BELOW:
		return str_starts(uri, fixed(k)) && segment(str_sub(uri, fixed(k).n, uri.n));
	case KNOWN_PORT:
	case KNOWN_SHARED:
	case KNOWN_FAMILY:
	case KNOWN_DOCUMENT:
		break;
	}
	return false;
}

const struct known_client *known_client(str redirect_uri)
{
	for (size_t i = 0; i < known_client_count; i++)
		if (meets(&known_clients[i], redirect_uri))
			return &known_clients[i];
	return NULL;
}

const struct known_client *known_document(str client_id)
{
	for (size_t i = 0; i < known_client_count; i++) {
		const struct known_client *k = &known_clients[i];
		if (k->match == KNOWN_DOCUMENT && k->confidence != 'C' && str_eq(client_id, k->uri))
			return k;
	}
	return NULL;
}

bool known_proves(const struct known_client *known)
{
	return str_starts(known->uri, S("https://")) && known->confidence != 'C' &&
	    (known->match == KNOWN_EXACT || known->match == KNOWN_BELOW || known->match == KNOWN_DOCUMENT);
}

bool known_relays(str redirect_uri)
{
	const struct known_client *k = known_client(redirect_uri);

	return k && k->match == KNOWN_RELAY;
}

str known_name(str client_name)
{
	str name = str_trim(client_name), best = S("");

	for (size_t i = 0; i < COUNT(names); i++) {
		str known = names[i];
		if (known.n > best.n && str_ieq(str_sub(name, 0, known.n), known) &&
		    (name.n == known.n || !letter_or_digit(name.p[known.n])))
			best = known;
	}
	return best;
}

/* Its pages run at the origin of where it takes its answers; that of a document may be anybody's host of documents. */
static bool has_pages(const struct known_client *k)
{
	return (k->match == KNOWN_RELAY || (known_proves(k) && k->match != KNOWN_DOCUMENT)) &&
	    k->confidence != 'C';
}

bool known_origin(str origin)
{
	struct url u;

	for (size_t i = 0; i < known_client_count; i++) {
		const struct known_client *k = &known_clients[i];
		/* the origin is all up to the path, which every row has; {id} is no character of a URL */
		str uri = k->match == KNOWN_BELOW ? fixed(k) : k->uri;
		if (has_pages(k) && str_starts(uri, origin) && url_parse(uri, &u) == OK &&
		    uri.p + origin.n == u.path.p)
			return true;
	}
	return false;
}
