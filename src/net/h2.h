/*
 * h2: HTTP/2 on a connection (RFC 9113). nghttp2 reads and writes frames; sockets, timers, limits and requests are ours.
 * Between conn and h2: c->state is CONN_H2 from conn_h2_begin until the connection ends.
 */
#ifndef NET_H2_H
#define NET_H2_H

#include "net/conn.h"

#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" /* section 3.4 */
#define H2_STREAMS_MAX 100                            /* at once, of one connection */
#define H2_WINDOW (1 << 20)      /* bytes of bodies that nobody has taken yet, of one connection */
#define H2_WAITING_MAX (1 << 20) /* bytes of answers that wait: above, no new request is taken */
#define H2_FIELDS_MAX 65536      /* decoded bytes of one head, after which the connection ends */
#define H2_SPARE_MS 1000         /* for a client to see an answer that came before its request was complete */
#define H2_FAREWELL_MS 250       /* between the two GOAWAYs of a graceful end (section 6.8) */

/* What all connections of a server share; made with it. */
struct h2_kit *h2_kit_new(void);
void h2_kit_free(struct h2_kit *k);

/* From here on c speaks HTTP/2: after a TLS handshake that chose "h2", or for a preface. */
void conn_h2_begin(struct conn *c);
/*
 * May this peer speak HTTP/2 in clear text, by prior knowledge (section 3.3)? On this machine only: see ADR 0008.
 */
bool h2_clear_ok(const struct addr *peer);
/* 1: bytes begin with the preface; 0: they may still become one; -1: they are something else. */
int h2_preface(str bytes);

/* Bytes have come, or (none) what waited has left. */
void h2_take(struct conn *c, str bytes);
/* The connection's deadline has passed. */
void h2_late(struct conn *c);
/* Says that the connection will end, and to its streams (stream_ops.stopping); lets what is under way end, and ends it. */
void h2_drain(struct conn *c);
/* Tells its streams (stream_ops.notice). */
void h2_notice(struct conn *c, int kind, int64_t id);
/* Forgets everything, at once. */
void h2_free(struct conn *c);

#endif
