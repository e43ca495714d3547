#include "http/accept.h"

/* "q=0", "q=0.", "q=0.000": not wanted (RFC 9110 section 12.4.2). */
static bool unwanted(str params)
{
	str param, name, value;
	bool more;

	do {
		more = str_cut(params, ';', &param, &params);
		if (!str_cut(param, '=', &name, &value) || !str_ieq(str_trim(name), S("q")))
			continue;
		value = str_trim(value);
		if (str_eq(value, S("0")))
			return true;
		return str_starts(value, S("0.")) && str_within(str_sub(value, 2, value.n), '0', '0');
	} while (more);
	return false;
}

static bool names(str list, str type)
{
	str item, media, params;
	bool more;

	do {
		more = str_cut(list, ',', &item, &list);
		str_cut(item, ';', &media, &params);
		if (str_ieq(str_trim(media), type) && !unwanted(params))
			return true;
	} while (more);
	return false;
}

bool accept_names(const struct http_req *r, str type)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (str_ieq(r->headers[i].name, S("Accept")) && names(r->headers[i].value, type))
			return true;
	return false;
}

bool content_type_is(const struct http_req *r, str type)
{
	str media, params;

	if (http_header_count(r, S("Content-Type")) != 1)
		return false; /* two could be read differently */
	str_cut(http_header(r, S("Content-Type")), ';', &media, &params);
	return str_ieq(str_trim(media), type);
}
