/* grant_name: the grant types that a client can have, by name (tables/grants.def). */
#ifndef MODEL_GRANT_NAME_H
#define MODEL_GRANT_NAME_H

#include "base/arena.h"
#include "base/str.h"

/* By number, which is also its bit in a set; p NULL behind the last. */
str grant_name_at(size_t i);
/* The whole name of a grant type given whole or by its last part ("device_code"); p NULL when it is none. */
str grant_name_find(str name);
/* True when a client that nobody vouches for may register it. */
bool grant_name_registrable(str name);

/* The blank-separated names as bits, unknown ones left out, and back in the order of the table. */
unsigned grant_names_bits(str names);
str grant_names_text(struct arena *mem, unsigned bits);

#endif
