/* sse: writing server-sent events (HTML standard, section 9.2). Data can hold anything but never ends its event early. */
#ifndef HTTP_SSE_H
#define HTTP_SSE_H

#include "base/buf.h"

/*
 * One event. An empty id or event is left out (an id promises that the stream can be resumed: mcp.md 1.3); line ends
 * and NUL in them are dropped. Data is split at CR, LF and CR LF into `data:` lines; empty data gives one empty line.
 */
void sse_event(struct buf *out, str id, str event, str data);
/* A comment line, which keeps proxies from closing the stream. Line ends in text are dropped. */
void sse_comment(struct buf *out, str text);
/* How many milliseconds a client should wait before it connects again. */
void sse_retry(struct buf *out, int64_t ms);

#endif
