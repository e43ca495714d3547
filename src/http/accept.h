/* accept: content negotiation as far as we need it. */
#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

#include "http/msg.h"

/* True when the request's Accept names type exactly with q > 0 (wildcards do not count): "does a browser want a page". */
bool accept_names(const struct http_req *r, str type);
/* The media type of Content-Type without parameters equals type (case ignored). */
bool content_type_is(const struct http_req *r, str type);

#endif
