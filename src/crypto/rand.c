/*
 * Random bytes from getrandom(2), 4 KiB at a time and a page a thread. A byte leaves the pool once and is
 * wiped there. The kernel empties the page in a child (MADV_WIPEONFORK): `left` becomes 0 and the child asks
 * for bytes of its own.
 */
#include "crypto/crypto.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#define POOL 4096
#define LARGE 512 /* from here on the system is asked directly */

struct pool {
	size_t left; /* the bytes not given out are the first ones; zero in a fresh or wiped page */
	unsigned char bytes[POOL - sizeof(size_t)];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_end;
static bool keyed;
static _Thread_local struct pool *pool;
static _Thread_local bool poolless; /* the system could not promise to wipe it */

static void fill(unsigned char *p, size_t n)
{
	while (n) {
		ssize_t got = getrandom(p, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			fputs("crypto: the system gives no random bytes\n", stderr);
			abort(); /* nothing may go on with predictable bytes */
		}
		p += got;
		n -= (size_t)got;
	}
}

static void end_thread(void *page)
{
	secret_wipe(page, sizeof(struct pool));
	munmap(page, sizeof(struct pool));
	pool = NULL;
}

static void start(void)
{
	keyed = pthread_key_create(&at_thread_end, end_thread) == 0;
}

static struct pool *pool_new(void)
{
	pthread_once(&once, start);
	const size_t size = sizeof(struct pool);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return NULL;
	if (!keyed || madvise(page, size, MADV_WIPEONFORK) != 0 ||
	    pthread_setspecific(at_thread_end, page) != 0) {
		munmap(page, size);
		return NULL;
	}
	(void)madvise(page, size, MADV_DONTDUMP); /* a wish: old kernels lack it */
	return page;
}

void rand_bytes(void *p, size_t n)
{
	if (!pool && !poolless) {
		pool = pool_new();
		poolless = !pool;
	}
	if (poolless || n >= LARGE) {
		fill(p, n);
		return;
	}
	if (pool->left < n) {
		fill(pool->bytes, sizeof pool->bytes);
		pool->left = sizeof pool->bytes;
	}
	pool->left -= n;
	if (n)
		memcpy(p, pool->bytes + pool->left, n);
	secret_wipe(pool->bytes + pool->left, n);
}

uint32_t rand_u32(void)
{
	uint32_t v;

	rand_bytes(&v, sizeof v);
	return v;
}
