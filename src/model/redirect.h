/*
 * redirect: which redirect URIs a client may register, and when the one it sends is one of them. Pure rules
 * over text. Comparison is byte equality with one exception: http on loopback may come with any port (RFC
 * 8252 section 7.3).
 */
#ifndef MODEL_REDIRECT_H
#define MODEL_REDIRECT_H

#include "base/arena.h"

#define REDIRECT_MAX 2048     /* bytes of one URI */
#define REDIRECT_COUNT_MAX 16 /* URIs of one client */

enum redirect_kind {
	REDIRECT_BAD,
	REDIRECT_HTTPS,
	REDIRECT_LOOPBACK, /* http on 127.0.0.1, [::1] or localhost */
	REDIRECT_APP,      /* a private-use scheme: cursor://host/path, com.example:/path */
};

/* What sort of redirect URI this is; REDIRECT_BAD when nobody may register it. */
enum redirect_kind redirect_kind(str uri);
/* True when sent is a redirect URI that the registered one allows. */
bool redirect_same(str registered, str sent);
/* True when sent is allowed by one of the blank-separated registered ones. */
bool redirect_among(str registered, str sent);
/*
 * Where the answer goes, in words for people and for remembering a consent: host[:port] of https, the host of
 * loopback (its port is chosen anew each time), scheme://host or scheme: of an application.
 */
str redirect_host(struct arena *mem, str uri);
/* True when all of the blank-separated URIs are loopback or private-use: an application on a device. */
bool redirect_native(str uris);

#endif
