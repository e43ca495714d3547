#include "base/unit.h"
#include "http/chunk.h"

#include <string.h>

/* Reads text in pieces of `step` bytes; the data of all runs goes to out. */
static enum err read_all(str text, size_t step, struct buf *out, struct chunk_reader *r, str *left)
{
	*r = (struct chunk_reader){ 0 };
	*left = text;
	while (left->n && !r->done) {
		str in = str_sub(*left, 0, step), data;
		size_t n = in.n;
		while (in.n && !r->done) {
			enum err e = chunk_read(r, &in, &data);
			if (e != OK)
				return e;
			buf_put(out, data);
		}
		*left = str_sub(*left, n - in.n, left->n);
	}
	return OK;
}

static const struct {
	const char *sentence;
	str text;
	enum err want;
	const char *data, *left;
	bool done;
} rows[] = {
	{ "two chunks", S_INIT("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), OK, "abc0123456789", "", true },
	{ "what follows is left", S_INIT("1\r\na\r\n0\r\n\r\nGET /"), OK, "a", "GET /", true },
	{ "no data", S_INIT("0\r\n\r\n"), OK, "", "", true },
	{ "zeros in front", S_INIT("0001\r\na\r\n000\r\n\r\n"), OK, "a", "", true },
	{ "an extension", S_INIT("1;name=\"va;l\"\r\na\r\n0;x\r\n\r\n"), OK, "a", "", true },
	{ "a trailer", S_INIT("1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n"), OK, "a", "", true },
	{ "CR LF in the data", S_INIT("4\r\n\r\n\r\n\r\n0\r\n\r\n"), OK, "\r\n\r\n", "", true },
	{ "not finished", S_INIT("5\r\nab"), OK, "ab", "", false },
	{ "not finished in the size", S_INIT("5"), OK, "", "", false },
	{ "not finished before the last LF", S_INIT("0\r\n\r"), OK, "", "", false },
	{ "no size", S_INIT("\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "only an extension", S_INIT(";x\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "probe: 0x", S_INIT("0x5\r\nabcde\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a plus", S_INIT("+5\r\nabcde\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a minus", S_INIT("-5\r\nabcde\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a blank before the size", S_INIT(" 5\r\nabcde\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a blank behind the size", S_INIT("5 \r\nabcde\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a letter that is no digit", S_INIT("5g\r\nabcde\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "HTTP-19: a size that overflows", S_INIT("ffffffffffffffff1\r\n"), ERR_HTTP_MALFORMED, "", NULL,
	    false },
	{ "a size over 63 bits", S_INIT("ffffffffffffffff\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "seventeen digits", S_INIT("00000000000000001\r\na\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "HTTP-22: LF in the extension", S_INIT("5;x\nabcde\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "CR in the extension", S_INIT("5;x\ry\r\nabcde\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a NUL in the extension", S_INIT("5;\0\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a bare LF behind the size", S_INIT("5\nabcde\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a bare CR behind the size", S_INIT("5\rabcde"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "data longer than said", S_INIT("1\r\nabc\r\n"), ERR_HTTP_MALFORMED, "a", NULL, false },
	{ "data shorter than said", S_INIT("3\r\na\r\n0\r\n\r\n"), ERR_HTTP_MALFORMED, "a\r\n", NULL, false },
	{ "a bare LF behind the data", S_INIT("1\r\na\n0\r\n\r\n"), ERR_HTTP_MALFORMED, "a", NULL, false },
	{ "a bare CR behind the data", S_INIT("1\r\na\rX"), ERR_HTTP_MALFORMED, "a", NULL, false },
	{ "a bare LF for the empty line", S_INIT("0\r\n\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "CR X for the empty line", S_INIT("0\r\n\rX"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "HTTP-23: Content-Length in the trailer", S_INIT("0\r\nContent-Length: 5\r\n\r\n"),
	    ERR_HTTP_MALFORMED, "", NULL, false },
	{ "Transfer-Encoding in the trailer", S_INIT("0\r\ntransfer-encoding: chunked\r\n\r\n"),
	    ERR_HTTP_MALFORMED, "", NULL, false },
	{ "Authorization in the trailer, behind another", S_INIT("0\r\nX: y\r\nAUTHORIZATION: x\r\n\r\n"),
	    ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a trailer without a name", S_INIT("0\r\n: x\r\n\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a trailer without a colon", S_INIT("0\r\nabc\r\n\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a folded trailer", S_INIT("0\r\nX: a\r\n b\r\n\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a blank before the trailer's colon", S_INIT("0\r\nX : a\r\n\r\n"), ERR_HTTP_MALFORMED, "", NULL,
	    false },
	{ "a NUL in a trailer", S_INIT("0\r\nX: \0\r\n\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a bare LF in a trailer", S_INIT("0\r\nX: a\nY: b\r\n\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
	{ "a bare CR in a trailer", S_INIT("0\r\nX: a\rY: b\r\n\r\n"), ERR_HTTP_MALFORMED, "", NULL, false },
};

static void in_pieces_of_any_size(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t step = 1; step <= 8; step++) {
			struct buf out = { 0 };
			struct chunk_reader r;
			str left;
			same_err(
			    rows[i].sentence, read_all(rows[i].text, step, &out, &r, &left), rows[i].want);
			same(rows[i].sentence, buf_str(&out), str_of(rows[i].data));
			if (rows[i].left)
				same(rows[i].sentence, left, str_of(rows[i].left));
			holds(rows[i].sentence, r.done == rows[i].done);
			buf_free(&out);
		}
	}
}

static void limits(void **state)
{
	struct buf text = { 0 }, out = { 0 };
	struct chunk_reader r;
	str left;

	buf_put(&text, S("1;"));
	for (int i = 0; i < 256; i++)
		buf_char(&text, 'x');
	buf_put(&text, S("\r\na\r\n"));
	same_err("256 bytes of extension", read_all(buf_str(&text), 64, &out, &r, &left), OK);
	text.n -= 5;
	buf_put(&text, S("x\r\na\r\n"));
	same_err("257", read_all(buf_str(&text), 64, &out, &r, &left), ERR_HTTP_MALFORMED);
	buf_free(&text);

	buf_put(&text, S("0\r\nX: "));
	while (text.n < 3 + 4096 - 4)
		buf_char(&text, 'x');
	buf_put(&text, S("\r\n\r\n"));
	same_err("4 KiB of trailers", read_all(buf_str(&text), 64, &out, &r, &left), OK);
	holds("done", r.done);
	text.n -= 4;
	buf_put(&text, S("x\r\n\r\n"));
	same_err("a byte more", read_all(buf_str(&text), 64, &out, &r, &left), ERR_HTTP_MALFORMED);
	buf_free(&text);
	buf_free(&out);
}

static void what_is_written_is_read(void **state)
{
	struct buf text = { 0 }, out = { 0 };
	struct chunk_reader r;
	str left;

	chunk_write(&text, S("hello, "));
	chunk_write(&text, S(""));
	chunk_write(&text, S("chunked world"));
	chunk_end(&text);
	same("written", buf_str(&text), S("7\r\nhello, \r\nd\r\nchunked world\r\n0\r\n\r\n"));
	same_err("read", read_all(buf_str(&text), 100, &out, &r, &left), OK);
	same("read", buf_str(&out), S("hello, chunked world"));
	str in = S("x"), data;
	same_err("a reader that is done", chunk_read(&r, &in, &data), OK);
	holds("eats no more", in.n == 1 && data.n == 0);
	buf_free(&text);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_pieces_of_any_size),
		cmocka_unit_test(limits),
		cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
