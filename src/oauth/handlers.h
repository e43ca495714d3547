/* handlers: the first steps of the protocol's addresses; tables/routes.def names them. */
#ifndef OAUTH_HANDLERS_H
#define OAUTH_HANDLERS_H

#include "core/ctx.h"

/* LOOP. The prepared documents: RFC 8414 and OpenID Connect Discovery, the key set (RFC 7517). */
enum err metadata_show(struct ctx *c);
enum err jwks_show(struct ctx *c);
/* LOOP. RFC 9728, at the root and with a resource's path behind it. */
enum err resource_metadata_show(struct ctx *c);

/* READ. The authorization endpoint: a code at once, or on to the pages. */
enum err authorize_start(struct ctx *c);
/* READ. The page that asks, and what the person said. */
enum err consent_show(struct ctx *c);
enum err consent_decide(struct ctx *c);

/* LOOP. */
enum err device_start(struct ctx *c);
/* READ. The page where a person types the code of a device, and decides. */
enum err device_show(struct ctx *c);
enum err device_submit(struct ctx *c);
enum err par_start(struct ctx *c);
enum err token_start(struct ctx *c);
enum err revoke_start(struct ctx *c);
enum err introspect_start(struct ctx *c);
/* LOOP. Who the person of an access token is. */
enum err userinfo_show(struct ctx *c);

#endif
