/*
 * Streams: chunks read in pieces as in one; what is written in chunks or events is read again, whatever its bytes are.
 * covers: src/http/chunk.c src/http/sse.c
 */
#include "http/chunk.h"
#include "http/sse.h"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

/* The data of a chunked text given in pieces of step bytes. */
static enum err read_all(str text, size_t step, struct buf *out, size_t *left)
{
	struct chunk_reader r = { 0 };

	while (text.n && !r.done) {
		str in = str_sub(text, 0, step), data;
		size_t n = in.n;
		while (in.n && !r.done) {
			enum err e = chunk_read(&r, &in, &data);
			if (e != OK)
				return e;
			buf_put(out, data);
		}
		text = str_sub(text, n - in.n, text.n);
	}
	*left = text.n;
	return OK;
}

static void as_chunks(str any, size_t step)
{
	struct buf text = { 0 }, out = { 0 };
	size_t left;

	for (size_t at = 0; at < any.n; at += step)
		chunk_write(&text, str_sub(any, at, at + step));
	chunk_end(&text);
	MUST(
	    read_all(buf_str(&text), step + 3, &out, &left) == OK && left == 0 && str_eq(buf_str(&out), any));
	buf_free(&text);
	buf_free(&out);
}

/* Every line of an event but the last begins with its field's name: data cannot pose as anything else. */
static void as_event(str any)
{
	struct buf out = { 0 };
	str line, rest;

	sse_event(&out, any, str_sub(any, any.n / 2, any.n), any);
	for (rest = buf_str(&out); str_cut(rest, '\n', &line, &rest) && rest.n;)
		MUST(!str_has(line, '\r') &&
		    (str_starts(line, S("data: ")) || str_starts(line, S("id: ")) ||
			str_starts(line, S("event: "))));
	MUST(str_ends(buf_str(&out), S("\n\n")) && line.n == 0);
	buf_free(&out);
	sse_comment(&out, any);
	sse_retry(&out, (int64_t)any.n);
	MUST(str_starts(buf_str(&out), S(": ")));
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > 20000)
		return 0;

	str text = { (const char *)data + 1, size - 1 };
	size_t step = (size_t)data[0] + 1, left = 0, left_parts = 0;
	struct buf whole = { 0 }, parts = { 0 };
	enum err e = read_all(text, text.n + 1, &whole, &left);

	MUST(read_all(text, step, &parts, &left_parts) == e);
	MUST(str_eq(buf_str(&whole), buf_str(&parts)) && left == left_parts);
	buf_free(&whole);
	buf_free(&parts);
	as_chunks(text, step);
	as_event(text);
	return 0;
}
