#include "web/handlers.h"

#include "ui_gen.h"

/* Below the issuer's path, so it is the end that counts; hashed says which name it was asked by. */
static const struct ui_asset *find(str path, bool *hashed)
{
	if (str_ends(path, S("/favicon.ico")))
		path = S("/static/favicon.ico");
	for (size_t i = 0; i < ui_asset_count; i++) {
		const struct ui_asset *a = &ui_assets[i];
		*hashed = str_ends(path, a->path);
		if (*hashed)
			return a;
		if (path.n >= a->name.n + 8 && str_ends(path, a->name) &&
		    str_ends(str_sub(path, 0, path.n - a->name.n), S("/static/")))
			return a;
	}
	return NULL;
}

/* RFC 9110 section 13.1.2: a list of tags, or a star; weak ones are as good here. */
static bool known(const struct http_req *r, str etag)
{
	str list = http_header(r, S("If-None-Match")), tag;

	while (str_word(&list, ',', &tag)) {
		tag = str_trim(tag);
		if (str_starts(tag, S("W/")))
			tag = str_sub(tag, 2, tag.n);
		if (str_eq(tag, etag) || str_eq(tag, S("*")))
			return true;
	}
	return false;
}

enum err static_show(struct ctx *c)
{
	bool hashed;
	const struct ui_asset *a = find(c->req->path, &hashed);

	if (!a)
		return FAIL(c, NO_ROUTE, "no such static file");
	c->reply->status = known(c->req, a->etag) ? 304 : 200;
	if (c->reply->status == 200) {
		c->reply->body = a->bytes;
		reply_header(c->reply, S("Content-Type"), a->type);
	}
	reply_header(c->reply, S("ETag"), a->etag);
	reply_header(c->reply, S("Cache-Control"),
	    hashed ? S("public, max-age=31536000, immutable") : S("public, no-cache"));
	reply_header(c->reply, S("X-Content-Type-Options"), S("nosniff"));
	reply_header(c->reply, S("Cross-Origin-Resource-Policy"), S("same-origin"));
	/* An SVG that is opened by itself is a document. */
	reply_header(c->reply, S("Content-Security-Policy"),
	    S("default-src 'none'; style-src 'unsafe-inline'; sandbox"));
	return OK;
}
