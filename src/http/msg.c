#include "http/msg.h"
#include "http/parse.h"

static str find(const struct http_header *h, size_t count, str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_ieq(h[i].name, name))
			return h[i].value.p ? h[i].value : S("");
	return (str){ NULL, 0 };
}

str http_header(const struct http_req *r, str name)
{
	return find(r->headers, r->header_count, name);
}

size_t http_header_count(const struct http_req *r, str name)
{
	size_t n = 0;

	for (size_t i = 0; i < r->header_count; i++)
		n += str_ieq(r->headers[i].name, name);
	return n;
}

str http_res_header(const struct http_res *r, str name)
{
	return find(r->headers, r->header_count, name);
}

enum http_method http_method_of(str text)
{
	static const struct {
		str text;
		enum http_method method;
	} known[] = {
		{ S_INIT("GET"), HTTP_GET },
		{ S_INIT("POST"), HTTP_POST },
		{ S_INIT("HEAD"), HTTP_HEAD },
		{ S_INIT("OPTIONS"), HTTP_OPTIONS },
		{ S_INIT("PUT"), HTTP_PUT },
		{ S_INIT("DELETE"), HTTP_DELETE },
		{ S_INIT("PATCH"), HTTP_PATCH },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (str_eq(text, known[i].text))
			return known[i].method;
	return HTTP_OTHER;
}
