/* Client metadata documents: the first line is where one stands, the rest is what stands there. covers: src/client/document.c */
#include "base/text.h"
#include "client/client_extra.h"
#include "client/document.h"
#include "crypto/crypto.h"
#include "model/redirect.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond) ((cond) ? (void)0 : abort())

/* What is taken can be shown, sent to, and kept in a row. */
static void look_at(struct arena *mem, str url, const struct client *c)
{
	str rest = c->redirect_uris, uri;
	struct client again = { .row = 0 };

	CHECK(str_eq(c->client_id, url) && c->origin == CLIENT_DOCUMENT && c->secret_hash.n == 0);
	CHECK(c->name.n && text_name_ok(c->name, c->name.n));
	CHECK(c->redirect_uris.n > 0);
	while (str_word(&rest, ' ', &uri))
		CHECK(redirect_kind(uri) != REDIRECT_BAD);
	CHECK(str_eq(c->auth_method, S("none")) ||
	    (str_eq(c->auth_method, S("private_key_jwt")) && (c->jwks.n > 0) != (c->jwks_uri.n > 0)));
	CHECK(c->grant_types.n > 0);
	client_extra_read(mem, client_extra_write(mem, c), &again);
	CHECK(
	    str_eq(again.uri, c->uri) && str_eq(again.jwks_uri, c->jwks_uri) && str_eq(again.jwks, c->jwks));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new(8 << 20);
	str url, body;
	struct client client;
	const char *why = NULL;

	(void)str_cut((str){ (const char *)data, size }, '\n', &url, &body);
	const char *problem = document_url_problem(url, false);
	if (!problem) {
		/* whoever may not be inside may be outside, and has a host that can be shown */
		CHECK(!document_url_problem(url, true) && document_meant(url) && document_host(url).n > 0);
		CHECK(str_within(document_host(url), 0x21, 0x7e));
	}
	if (document_read(mem, url, body, &client, &why) == OK)
		look_at(mem, url, &client);
	else
		CHECK(why && *why);
	arena_unref(mem);
	return 0;
}
