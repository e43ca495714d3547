/* nearest: the word that was probably meant. */
#ifndef CORE_NEAREST_H
#define CORE_NEAREST_H

#include "base/str.h"

#define NEAREST_WORD_MAX 64 /* longer words have no neighbour */

struct nearest {
	str word, best;
	size_t distance;
};

/* Begins a search for what word was meant to be. */
struct nearest nearest_of(str word);
/* One candidate. */
void nearest_try(struct nearest *n, str candidate);
/* The best candidate that is near enough to be offered; empty when none. */
str nearest_found(const struct nearest *n);

#endif
