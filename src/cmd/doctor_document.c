/* The outside of a document: status, media type, JSON, and the two members' values that both SDKs refuse. */
#include "cmd/doctor_judge.h"

#define NAMES_MAX 160
#define PIECE 4096 /* in which the probe reads */

static bool media_json(str header)
{
	str media, params;

	(void)str_cut(header, ';', &media, &params);
	media = str_trim(media);
	return str_ieq(media, S("application/json")) || str_ieq(media, S("application/jwk-set+json"));
}

static bool refused_value(const struct json *m)
{
	if (m->type == JSON_NULL || (m->type == JSON_STRING && !m->text.n))
		return true;
	if (m->type != JSON_ARRAY)
		return false;
	for (JSON_EACH(item, m))
		if (item->type == JSON_NULL || (item->type == JSON_STRING && !item->text.n))
			return true;
	return false;
}

void judge_members(struct verdict *v, const char *what, const struct json *doc)
{
	struct buf names = { .mem = v->mem, .max = NAMES_MAX };

	for (JSON_EACH(m, doc))
		if (refused_value(m))
			buf_printf(&names, "%s%.*s", names.n ? ", " : "", FMT(str_sub(m->key, 0, 60)));
	if (names.n)
		verdict_fail(v, what, "Leave members without a value out.",
		    "null or empty: %.*s; clients refuse the whole document", FMT(buf_str(&names)));
}

/*
 * A body that would not fit is given up at the last piece that did; one that is cut off is no JSON, but not
 * its fault.
 */
static bool whole(struct verdict *v, const char *what, str url, const struct probe_answer *a)
{
	if (a->res.length > PROBE_BODY_MAX || a->body.n > PROBE_BODY_MAX - PIECE)
		verdict_fail(v, what, "Make it shorter.", "%.*s is longer than %d KiB", FMT(url),
		    PROBE_BODY_MAX / 1024);
	else if (a->res.length >= 0 && a->body.n < (size_t)a->res.length)
		verdict_fail(v, what, "Look at what closes the connection, and at the proxy in front.",
		    "%.*s ends after %zu of %lld bytes", FMT(url), a->body.n, (long long)a->res.length);
	else
		return true;
	return false;
}

const struct json *judge_readable(struct verdict *v, const char *what, str url, const struct probe_answer *a)
{
	const struct json *doc;
	struct json_fault fault = { 0 };
	str type = http_res_header(&a->res, S("Content-Type"));

	if (judge_redirect(v, what, url, &a->res))
		return NULL;
	if (a->res.status != 200) {
		verdict_fail(v, what,
		    "Serve it there, and let the proxy in front pass /.well-known/ on unchanged.",
		    "%.*s answers %d", FMT(url), a->res.status);
		return NULL;
	}
	if (!type.n)
		verdict_fail(v, what, "Send Content-Type: application/json.",
		    "%.*s is sent without Content-Type", FMT(url));
	else if (!media_json(type))
		verdict_fail(v, what, "Send Content-Type: application/json.", "%.*s is sent as %.*s",
		    FMT(url), FMT(str_sub(type, 0, 80)));
	if (!whole(v, what, url, a))
		return NULL;
	if (json_parse(v->mem, a->body, &doc, &fault) != OK) {
		verdict_fail(v, what, "Answer one JSON object, as UTF-8, each member once.",
		    "%.*s is no JSON: %s at byte %zu", FMT(url),
		    fault.why ? fault.why : "too deep or too large", fault.at);
		return NULL;
	}
	if (doc->type != JSON_OBJECT) {
		verdict_fail(v, what, "Answer one JSON object.", "%.*s is JSON, but no object", FMT(url));
		return NULL;
	}
	return doc;
}

const struct json *judge_document(struct verdict *v, const char *what, str url, const struct probe_answer *a)
{
	const struct json *doc = judge_readable(v, what, url, a);

	if (doc)
		judge_members(v, what, doc);
	return doc;
}
