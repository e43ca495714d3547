#include "store/attempt.h"

#include "crypto/crypto.h"
#include "sql_gen.h"

#include <arpa/inet.h>
#include <string.h>

/* A proxy on this machine that trust_proxy does not name makes everybody loopback: all of them must not wait for one. */
static bool loopback(const unsigned char v4[4])
{
	return v4[0] == 127;
}

str attempt_network(struct arena *mem, str peer)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff }, self[16] = { [15] = 1 };
	unsigned char a[16], v4[4];
	str z;

	if (peer.n > 2 && peer.p[0] == '[' && peer.p[peer.n - 1] == ']')
		peer = str_sub(peer, 1, peer.n - 1);
	z = arena_copy(mem, peer); /* with a NUL behind it */
	if (inet_pton(AF_INET, z.p, v4) == 1)
		return loopback(v4) ? S("") : arena_copy(mem, (str){ (const char *)v4, 4 });
	if (inet_pton(AF_INET6, z.p, a) != 1)
		return S("");
	if (!memcmp(a, mapped, sizeof mapped))
		return loopback(a + 12) ? S("") : arena_copy(mem, (str){ (const char *)a + 12, 4 });
	if (!memcmp(a, self, sizeof self))
		return S("");
	return arena_copy(mem, (str){ (const char *)a, 8 });
}

static str key(struct ctx *c, str kind, str value)
{
	struct buf b = BUF(c->mem);

	buf_put(&b, kind);
	buf_int(&b, c->site->tenant.id);
	buf_char(&b, '|');
	buf_put(&b, value);
	return sha256_str(c->mem, buf_str(&b));
}

static int64_t delay(int64_t count, int64_t free)
{
	int64_t over = count - free;

	if (over <= 0)
		return 0;
	return over > 9 ? ATTEMPT_DELAY_MAX : (int64_t)1 << (over - 1);
}

/* ERR_THROTTLED while the delay of the attempt before runs; that one is not counted. */
static enum err take(struct ctx *c, str hash, int64_t free, int64_t *count, int64_t *wait)
{
	int64_t tenant = c->site->tenant.id;
	struct throttle_take_out row;
	enum err e = q_throttle_take(c->db, c->mem,
	    &(struct throttle_take_in){
		.hash = hash, .tenant = tenant, .now = c->now, .stale = c->now - ATTEMPT_MEMORY },
	    &row);

	if (e == ERR_NOT_FOUND) {
		struct throttle_next_out until;
		TRY(q_throttle_next(
		    c->db, c->mem, &(struct throttle_next_in){ .hash = hash, .tenant = tenant }, &until));
		*wait = until.next > c->now ? until.next - c->now : 1;
		return FAIL(c, THROTTLED, "an attempt %lld s too early", (long long)*wait);
	}
	TRY(e);
	*count = row.count;
	int64_t seconds = delay(row.count, free);
	if (seconds == 0)
		return OK;
	return q_throttle_delay(c->db, c->mem,
	    &(struct throttle_delay_in){ .hash = hash, .tenant = tenant, .next = c->now + seconds }, NULL);
}

/* As if this attempt had not been made. */
static enum err undo(struct ctx *c, str hash, int64_t count)
{
	struct throttle_undo_in in = { .hash = hash, .tenant = c->site->tenant.id, .count = count };

	return hash.n ? q_throttle_undo(c->db, c->mem, &in, NULL) : OK;
}

enum err attempt_reserve(struct ctx *c, str account, struct attempt *a)
{
	str network = attempt_network(c->mem, c->req->peer);

	*a = (struct attempt){ .account = key(c, S("account|"), account) };
	if (network.n) {
		a->network = key(c, S("network|"), network);
		TRY(take(c, a->network, ATTEMPT_FREE_NETWORK, &a->network_count, &a->wait));
	}
	enum err e = take(c, a->account, ATTEMPT_FREE_ACCOUNT, &a->account_count, &a->wait);
	if (e == ERR_THROTTLED)
		TRY(undo(c, a->network,
		    a->network_count)); /* nothing was guessed: others of this network need not wait for it */
	return e;
}

enum err attempt_good(struct ctx *c, const struct attempt *a)
{
	struct throttle_drop_in in = { .hash = a->account, .tenant = c->site->tenant.id };

	TRY(q_throttle_drop(c->db, c->mem, &in, NULL));
	return undo(c, a->network, a->network_count);
}

enum err attempt_free(struct ctx *c, const struct attempt *a)
{
	TRY(undo(c, a->account, a->account_count));
	return undo(c, a->network, a->network_count);
}
