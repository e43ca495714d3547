/*
 * document: Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client_id that is an https URL,
 * and the JSON that stands there. Pure rules over text: nothing here asks anybody.
 */
#ifndef CLIENT_DOCUMENT_H
#define CLIENT_DOCUMENT_H

#include "base/arena.h"
#include "base/err.h"
#include "model/model.h"

#define DOCUMENT_URL_MAX 1024     /* it stands in tokens */
#define DOCUMENT_REDIRECTS_MAX 64 /* its size bounds it anyway */

/* True for a client_id that means to be an address: its scheme says so. */
bool document_meant(str client_id);
/*
 * NULL for an address that a document may have: https, a host of the public internet by its name, a path; no fragment, user
 * or dot segments. Else the reason, in words. inside: hosts of our own network may be asked, so addresses and names without
 * dots pass, and the fetcher judges where they lead.
 */
const char *document_url_problem(str client_id, bool inside);
/* Its host, without port. */
str document_host(str client_id);

/*
 * The client that a document describes. url: where it stands; client_id must be that, byte for byte. ERR_DOCUMENT_INVALID,
 * and *why names the member; what is merely unknown is left out. ERR_TOO_LARGE: no room.
 */
CHECKED enum err document_read(struct arena *mem, str url, str body, struct client *out, const char **why);

#endif
