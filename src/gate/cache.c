#include "gate/pass.h"

#include <stdlib.h>
#include <string.h>

#define SETS 1024 /* of two: 2048 tokens a loop, 900 KiB when full */

struct entry {
	unsigned char hash[32];
	struct pass pass; /* expires 0: empty */
};

struct pass_cache {
	struct entry sets[SETS][2]; /* the one used last stands first */
};

struct pass_cache *pass_cache_new(void)
{
	struct pass_cache *k = calloc(1, sizeof *k); /* pages come when they are touched */

	if (k == NULL)
		abort();
	return k;
}

void pass_cache_free(struct pass_cache *k)
{
	free(k);
}

static struct entry *set_of(struct pass_cache *k, const unsigned char hash[32])
{
	return k->sets[((unsigned)hash[0] << 8 | hash[1]) % SETS];
}

/* The hash is of a secret but no secret: an early end of memcmp tells nothing that helps to find a token. */
const struct pass *pass_cache_find(struct pass_cache *k, const unsigned char hash[32], uint32_t resource, int64_t now)
{
	struct entry *set = set_of(k, hash);

	for (int i = 0; i < 2; i++)
		if (set[i].pass.expires > now && set[i].pass.resource == resource && memcmp(set[i].hash, hash, 32) == 0)
			return &set[i].pass;
	return NULL;
}

void pass_cache_put(struct pass_cache *k, const unsigned char hash[32], const struct pass *p)
{
	struct entry *set = set_of(k, hash);

	set[1] = set[0];
	memcpy(set[0].hash, hash, 32);
	set[0].pass = *p;
}
