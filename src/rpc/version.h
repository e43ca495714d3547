/* version: the revisions of MCP and their two eras (2026-07-28 and later are stateless; earlier ones begin with initialize). */
#ifndef RPC_VERSION_H
#define RPC_VERSION_H

#include "base/json.h"

#define RPC_VERSION_MODERN "2026-07-28" /* the first of the modern era */
#define RPC_VERSION_LEGACY "2025-11-25" /* the newest of the legacy era: what initialize offers */
#define RPC_VERSION_ABSENT "2025-03-26" /* what no header means (MCP 2025-06-18, transports) */

/* True when the revision belongs to the modern era. Revisions are dates, so bytes order them; unknown ones too. */
bool rpc_version_modern(str version);
/* True when we serve it. 2024-11-05 is served but not advertised: it costs nothing, and nobody should begin with it. */
bool rpc_version_known(str version);
/* Writes the advertised revisions, newest first, as an array: server/discover and the data of -32022 agree by this. */
void rpc_version_list(struct jout *j, str key);
/* What initialize answers to the revision asked for: the same when it is a legacy one that we serve, else our newest. */
str rpc_version_offer(str asked);

#endif
