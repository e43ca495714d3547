#include "core/nearest.h"

/* Edits (insert, delete, change) that make b out of a; two rows of the usual table. */
static size_t distance(str a, str b)
{
	size_t row[NEAREST_WORD_MAX + 1];

	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t best = diagonal + (a.p[i - 1] != b.p[j - 1]);
			diagonal = row[j];
			best = best < row[j] + 1 ? best : row[j] + 1;
			row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
		}
	}
	return row[b.n];
}

struct nearest nearest_of(str word)
{
	return (struct nearest){ .word = word, .distance = SIZE_MAX };
}

void nearest_try(struct nearest *n, str candidate)
{
	if (n->word.n > NEAREST_WORD_MAX || candidate.n > NEAREST_WORD_MAX)
		return;
	size_t d = distance(n->word, candidate);
	if (d < n->distance) {
		n->distance = d;
		n->best = candidate;
	}
}

str nearest_found(const struct nearest *n)
{
	size_t most = n->word.n < 4 ? 1 : n->word.n < 8 ? 2 : 3;

	return n->distance <= most ? n->best : S("");
}
