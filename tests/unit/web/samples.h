/* samples: each page with data as they come in life, with hostile data, and empty. For the golden pages and their pictures. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "ui_gen.h"

struct sample {
	const char *name; /* of the golden file */
	int page;
	const void *view;
};

/* All of them; the values live in mem. */
const struct sample *samples_make(struct arena *mem, size_t *count);

#endif
