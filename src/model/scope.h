/* scope: lists of scopes, words with blanks between (RFC 6749 section 3.3). Order is kept. */
#ifndef MODEL_SCOPE_H
#define MODEL_SCOPE_H

#include "base/arena.h"

/* Asked for by clients that want refresh tokens. Ours come without it: taken, told, never demanded. */
#define SCOPE_OFFLINE S("offline_access")

/* True when every word of want is in have. */
bool scope_covers(str have, str want);
/* True when a and b share a word. */
bool scope_meets(str a, str b);
/* The words of a that are in b too, once each. */
str scope_both(struct arena *mem, str a, str b);
/* The words of a, then those of b that a has not. */
str scope_union(struct arena *mem, str a, str b);
/* The words of a that are not word. */
str scope_without(struct arena *mem, str a, str word);

#endif
