#include "app/health.h"
#include "app/client_address.h"
#include "app/exchange.h"
#include "base/time.h"
#include "net/journal.h"
#include "sql_gen.h"
#include "version_gen.h"

enum err health_show(struct ctx *c);
enum err ready_show(struct ctx *c);
enum err metrics_show(struct ctx *c);

static enum err reply_text(struct ctx *c, int status, str type, str text)
{
	c->reply->status = status;
	c->reply->body = text;
	reply_header(c->reply, S("Content-Type"), type);
	reply_header(c->reply, S("Cache-Control"), S("no-store"));
	return OK;
}

enum err health_show(struct ctx *c)
{
	return reply_text(c, 200, S("text/plain; charset=utf-8"), S("ok\n"));
}

/* On READ: the store answers, or this is not ready. What is only odd is said, and does not make it unready. */
enum err ready_show(struct ctx *c)
{
	struct house *h = exchange_of(c)->floor->house;
	struct meta_get_in in = { .name = S("version") };
	struct meta_get_out row;
	struct buf b = BUF(c->mem);
	enum err e = q_meta_get(c->db, c->mem, &in, &row);

	if (e != OK && e != ERR_NOT_FOUND)
		return reply_text(
		    c, 503, S("text/plain; charset=utf-8"), S("not ready: the store does not answer\n"));
	if (atomic_load(&h->shared.draining))
		return reply_text(c, 503, S("text/plain; charset=utf-8"), S("not ready: stopping\n"));
	buf_put(&b, S("ready\n"));
	if (atomic_load(&h->forwarded_differs))
		buf_printf(&b,
		    "but a trusted proxy says another host or scheme than base_url (%.*s): set base_url to "
		    "the address that "
		    "people use\n",
		    FMT(c->site->config->base_url));
	if (!revoked_fresh(h->revoked, loop_ms(exchange_of(c)->floor->loop)))
		buf_put(&b, S("but the revocation feed is old: each verdict asks the store\n"));
	return reply_text(c, 200, S("text/plain; charset=utf-8"), buf_str(&b));
}

/* --- numbers */

static uint64_t sum_requests(const struct house *h, size_t route, size_t class)
{
	uint64_t n = 0;

	for (size_t i = 0; i < h->floor_count; i++)
		n += atomic_load_explicit(&h->floors[i].metrics.requests[route][class], memory_order_relaxed);
	return n;
}

static void write_requests(struct house *h, struct buf *out)
{
	buf_put(out,
	    S("# HELP gatehouse_requests_total Answers, by route and class of status.\n"
	      "# TYPE gatehouse_requests_total counter\n"));
	for (size_t r = 0; r < METRICS_ROUTES; r++) {
		str path = r == METRICS_RESOURCE ? S("resource")
		    : r == METRICS_NOTHING       ? S("none")
		    : r < route_count()          ? route_at(r)->path
						 : S("");
		for (size_t k = 0; k < METRICS_CLASSES; k++) {
			uint64_t n = sum_requests(h, r, k);
			if (n)
				buf_printf(out,
				    "gatehouse_requests_total{route=\"%.*s\",row=\"%zu\",class=\"%zuxx\"} "
				    "%llu\n",
				    FMT(path), r, k + 1, (unsigned long long)n);
		}
	}
}

static void write_refusals(struct house *h, struct buf *out)
{
	buf_put(out,
	    S("# HELP gatehouse_refusals_total Refusals, by the name that gatehouse why gives.\n"
	      "# TYPE gatehouse_refusals_total counter\n"));
	for (int e = 1; e < ERR_COUNT; e++) {
		uint64_t n = 0;
		for (size_t i = 0; i < h->floor_count; i++)
			n += atomic_load_explicit(&h->floors[i].metrics.refusals[e], memory_order_relaxed);
		if (n)
			buf_printf(out, "gatehouse_refusals_total{error=\"%s\"} %llu\n",
			    err_row((enum err)e)->name, (unsigned long long)n);
	}
}

static void gauge(struct buf *out, const char *name, const char *help, const char *type, int64_t v)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name, (long long)v);
}

static void write_lanes(struct house *h, struct buf *out)
{
	static const char *const names[LANE_COUNT] = { "loop", "read", "write", "verify", "hash", "fetch" };

	buf_put(out,
	    S("# HELP gatehouse_lane_length Requests that wait in a lane.\n# TYPE gatehouse_lane_length "
	      "gauge\n"));
	for (int i = LANE_READ; i < LANE_COUNT; i++)
		buf_printf(out, "gatehouse_lane_length{lane=\"%s\"} %zu\n", names[i],
		    lane_length(h->lanes, (enum lane)i));
}

void metrics_write(struct house *h, struct buf *out)
{
	buf_printf(out,
	    "# HELP gatehouse_info Which program this is.\n# TYPE gatehouse_info "
	    "gauge\ngatehouse_info{version=\"%s\"} 1\n",
	    GATEHOUSE_VERSION);
	gauge(out, "gatehouse_start_time_seconds", "When it started.", "gauge", h->started);
	gauge(out, "gatehouse_connections", "Open client connections.", "gauge",
	    atomic_load(&h->shared.connections));
	gauge(out, "gatehouse_accepted_total", "Client connections ever.", "counter",
	    atomic_load(&h->shared.accepted));
	gauge(out, "gatehouse_turned_away_total", "Connections over a cap.", "counter",
	    atomic_load(&h->shared.turned_away));
	gauge(out, "gatehouse_revocations", "Revocations that still matter.", "gauge",
	    (int64_t)revoked_count(h->revoked));
	gauge(out, "gatehouse_revocation_feed_age_ms", "Since the feed was read.", "gauge",
	    revoked_age(h->revoked, time_mono_ms()));
	gauge(out, "gatehouse_journal_dropped_total", "Rows of the journal that were lost.", "counter",
	    journal_dropped());
	write_lanes(h, out);
	write_requests(h, out);
	write_refusals(h, out);
}

/* On the `ops` listener for who reaches it, else for this machine alone; elsewhere there is nothing at this address. */
enum err metrics_show(struct ctx *c)
{
	struct exchange *x = exchange_of(c);
	struct buf b = BUF(c->mem);

	if (!x->rq->from->ops && !client_is_local(c))
		return FAIL(c, NO_ROUTE, "metrics are for this machine and the ops listener");
	metrics_write(x->floor->house, &b);
	return reply_text(c, 200, S("text/plain; version=0.0.4; charset=utf-8"), buf_str(&b));
}
