#include "jose/dpop_keys.h"
#include "jose/dpop.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SETS 512 /* of two: 1024 keys, 3 MiB when full */

struct way {
	unsigned char hash[32];
	struct pkey *key; /* NULL: empty */
	char jkt[JKT_SIZE];
};

struct set {
	struct way ways[2];
	unsigned char older; /* which of them yields */
};

struct dpop_keys {
	pthread_mutex_t lock;
	struct set sets[SETS];
};

struct dpop_keys *dpop_keys_new(void)
{
	struct dpop_keys *k = calloc(1, sizeof *k); /* pages come when they are touched */

	if (!k)
		abort();
	pthread_mutex_init(&k->lock, NULL);
	return k;
}

void dpop_keys_free(struct dpop_keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < SETS; i++)
		for (size_t w = 0; w < 2; w++)
			pkey_unref(k->sets[i].ways[w].key);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static struct set *set_of(struct dpop_keys *k, const unsigned char hash[32])
{
	return &k->sets[((unsigned)hash[0] << 8 | hash[1]) % SETS];
}

static bool is(const struct way *w, const unsigned char hash[32])
{
	return w->key && memcmp(w->hash, hash, sizeof w->hash) == 0;
}

struct pkey *dpop_keys_find(struct dpop_keys *k, struct arena *mem, const unsigned char hash[32], str *jkt)
{
	struct set *set = set_of(k, hash);
	struct pkey *key = NULL;

	pthread_mutex_lock(&k->lock);
	for (unsigned char i = 0; i < 2 && !key; i++) {
		const struct way *w = &set->ways[i];
		if (!is(w, hash))
			continue;
		key = pkey_ref(w->key);
		*jkt = arena_copy(mem, (str){ w->jkt, JKT_SIZE });
		set->older = !i;
	}
	pthread_mutex_unlock(&k->lock);
	return key;
}

void dpop_keys_put(struct dpop_keys *k, const unsigned char hash[32], struct pkey *key, str jkt)
{
	struct set *set = set_of(k, hash);

	if (jkt.n != JKT_SIZE)
		return;
	pthread_mutex_lock(&k->lock);
	if (!is(&set->ways[0], hash) && !is(&set->ways[1], hash)) {
		struct way *w = &set->ways[set->older];
		pkey_unref(w->key);
		memcpy(w->hash, hash, sizeof w->hash);
		memcpy(w->jkt, jkt.p, JKT_SIZE);
		w->key = pkey_ref(key);
		set->older = !set->older;
	}
	pthread_mutex_unlock(&k->lock);
}
