/* chunk: the chunked coding (RFC 9112 section 7.1), strict: no extensions over 256 bytes, no trailers over 4 KiB, CRLF only. */
#ifndef HTTP_CHUNK_H
#define HTTP_CHUNK_H

#include "http/msg.h"

struct chunk_reader {
	int state;
	uint64_t left; /* bytes left in this chunk */
	size_t line;   /* bytes of the current size line or of all trailers */
	bool done;
};

/*
 * Eats from *in and gives the next run of data as *data (may be empty). Call until *in is empty or r->done.
 * ERR_HTTP_MALFORMED ends the connection.
 */
CHECKED enum err chunk_read(struct chunk_reader *r, str *in, str *data);
/* Writes one chunk; an empty data writes nothing. */
void chunk_write(struct buf *out, str data);
/* The last chunk. */
void chunk_end(struct buf *out);

#define CHUNK_LINE 20

/* The line before a chunk of n bytes that we send, with its CRLF; in room. */
str chunk_line(size_t n, char room[CHUNK_LINE]);

#endif
