#include "core/outside_age.h"
#include "base/time.h"

/* The value of a directive, quotes off (RFC 9111 section 5.2); p NULL when it is not there, empty when it has none. */
static str directive(str field, str name)
{
	str each, key, value;

	while (str_word(&field, ',', &each)) {
		if (!str_cut(str_trim(each), '=', &key, &value))
			value = S("");
		if (!str_ieq(str_trim(key), name))
			continue;
		value = str_trim(value);
		if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
			value = str_sub(value, 1, value.n - 1);
		return value;
	}
	return (str){ NULL, 0 };
}

/* Section 1.2.2: more than can be counted is as long as can be; what is no number is stale (section 4.2.1). */
static int64_t delta(str text)
{
	int64_t n;

	if (text.n == 0 || !str_within(text, '0', '9'))
		return 0;
	return str_int(text, &n) ? n : INT64_MAX;
}

static int64_t clamp(int64_t n, int64_t least, int64_t most)
{
	if (n < least)
		return least;
	return n > most ? most : n;
}

/* Section 4.2.1: for a cache that many share, s-maxage comes before max-age, and that before Expires. */
static bool lifetime(const struct fetch_answer *a, int64_t now, int64_t *out)
{
	str shared = directive(a->cache, S("s-maxage")), own = directive(a->cache, S("max-age"));
	int64_t ends, date;

	*out = 0;
	if (directive(a->cache, S("no-store")).p || directive(a->cache, S("no-cache")).p ||
	    directive(a->cache, S("private")).p)
		return true;
	if (shared.p || own.p) {
		*out = delta(shared.p ? shared : own);
		return true;
	}
	if (a->expires.n == 0)
		return false;
	if (time_http_date_parse(a->expires, &ends) != OK)
		return true; /* section 5.3: "0" and whatever else is no date is long past */
	if (a->date.n == 0 || time_http_date_parse(a->date, &date) != OK)
		date = now;
	*out = ends > date ? ends - date : 0;
	return true;
}

int64_t outside_age(const struct fetch_answer *a, int64_t now, int64_t least, int64_t most, int64_t usual)
{
	int64_t n, old = clamp(delta(a->age), 0, most);

	if (!lifetime(a, now, &n))
		n = usual;
	return clamp(clamp(n, 0, most + old) - old, least, most);
}
