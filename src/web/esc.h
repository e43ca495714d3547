/*
 * esc: values of strangers inside HTML. Called by the code that tools/bake makes of the pages, which knows the place
 * of each value; nothing else writes HTML. Whatever the value, the result adds no tag, no attribute and no address of
 * another kind to the page.
 */
#ifndef WEB_ESC_H
#define WEB_ESC_H

#include "base/buf.h"

/*
 * In text and in quoted attributes. & < > " ' become references. Control characters, the bidirectional overrides that
 * turn what stands behind them around, and bytes that are not UTF-8 become U+FFFD.
 */
void esc_text(struct buf *o, str s);
/* A whole URL in href, src or action: http, https or relative; any other (javascript:, data:) is written as "#". */
void esc_url(struct buf *o, str s);
/* A part of a URL, in its path or query: percent-encoded. */
void esc_part(struct buf *o, str s);

#endif
