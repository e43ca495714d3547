#include "store/feed.h"

enum err feed_read(struct db *db, struct arena *mem, int64_t now, struct feed *feed,
    const struct revocation_since_out **rows, size_t *count)
{
	const struct revocation_since_in in = { .seq = feed->seq, .now = now };

	TRY(q_revocation_since(db, mem, &in, rows, count));
	if (*count)
		feed->seq = (*rows)[*count - 1].seq;
	return OK;
}
