/* scope: lists of scopes, words with blanks between (RFC 6749 section 3.3). Order is kept. */
#ifndef MODEL_SCOPE_H
#define MODEL_SCOPE_H

#include "base/arena.h"

/* Asked for by clients that want refresh tokens. Ours come without it: taken, told, never demanded. */
#define SCOPE_OFFLINE S("offline_access")

/* OpenID Connect Core section 5.4: without it there is neither an id token nor anything about the person. */
#define SCOPE_OPENID S("openid")
/* All of tables/scopes.def that are about the person, SCOPE_OPENID first. */
str scope_person(void);
/* What one of these lets an application know, in words for people; empty for other scopes. */
str scope_person_words(str word);
/* The ones of asked, when SCOPE_OPENID is among them: without it the others say nothing. */
str scope_person_asked(struct arena *mem, str asked);

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
