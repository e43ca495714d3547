#include "rpc/era.h"

#include "rpc/headers.h"
#include "rpc/version.h"

#define REQUESTED_MAX 200 /* bytes of an unknown version that are echoed */

/* What one message and the header say about the version. */
struct claim {
	bool made;   /* the body has the key, of whatever type */
	str version; /* what the body names; empty when absent or not a string */
	str header;  /* MCP-Protocol-Version; p == NULL when absent */
};

static struct claim claim_of(const struct rpc_message *m, str header)
{
	const struct json *v = json_get(m->meta, S(RPC_META_VERSION));

	return (struct claim){ .made = v != NULL, .version = json_str_of(v), .header = header };
}

static bool modern_header(str header)
{
	return header.p && rpc_version_modern(header);
}

/* Names the members that are missing, so that the author of a client sees what to add. */
static enum err refuse_envelope(struct arena *mem, struct rpc_fault *fault, const struct json *meta)
{
	static const str needed[] = { S_INIT(RPC_META_VERSION), S_INIT(RPC_META_CAPABILITIES) };
	struct buf data = BUF(mem), names = BUF(mem);
	struct jout j = JOUT(&data);

	jout_object(&j, S(""));
	jout_object(&j, S("envelope"));
	jout_array(&j, S("missing"));
	if (!meta) {
		jout_str(&j, S(""), S("_meta"));
		buf_put(&names, S(" _meta with"));
	}
	for (size_t i = 0; i < COUNT(needed); i++) {
		const struct json *v = json_get(meta, needed[i]);
		if (v && (i == 0 ? v->type == JSON_STRING && v->text.n : v->type == JSON_OBJECT))
			continue;
		jout_str(&j, S(""), needed[i]);
		buf_char(&names, ' ');
		buf_put(&names, needed[i]);
	}
	while (j.depth)
		jout_end(&j);
	if (!names.n) /* optional, but not of any type */
		buf_put(&names, S(" a " RPC_META_CLIENT " that is an object"));
	return rpc_refuse(fault, ERR_RPC_PARAMS,
	    arena_printf(mem, "Invalid params: the request lacks%.*s.", FMT(buf_str(&names))),
	    buf_str(&data));
}

/* A version as far as it is visible ASCII: a header may hold bytes that are no UTF-8, and JSON may not. */
static str visible(str version)
{
	size_t n = 0;

	while (n < version.n && n < REQUESTED_MAX && version.p[n] >= 0x20 && version.p[n] < 0x7f)
		n++;
	return str_sub(version, 0, n);
}

static enum err refuse_version(struct arena *mem, struct rpc_fault *fault, str requested)
{
	struct buf data = BUF(mem);
	struct jout j = JOUT(&data);

	jout_object(&j, S(""));
	rpc_version_list(&j, S("supported"));
	jout_str(&j, S("requested"), visible(requested));
	jout_end(&j);
	return rpc_refuse(fault, ERR_RPC_VERSION, S(""), buf_str(&data));
}

/* clientInfo is a SHOULD: a request without it must be served; one of a wrong type is broken. */
static bool envelope_whole(const struct json *meta)
{
	const struct json *version = json_get(meta, S(RPC_META_VERSION));
	const struct json *capabilities = json_get(meta, S(RPC_META_CAPABILITIES));
	const struct json *client = json_get(meta, S(RPC_META_CLIENT));

	return version && version->type == JSON_STRING && capabilities && capabilities->type == JSON_OBJECT &&
	    (!client || client->type == JSON_OBJECT);
}

/* Rules 3 to 7 for one message, then the envelope and the standard headers. */
static enum err choose(struct arena *mem, const struct http_req *req, const struct rpc_message *m,
    struct rpc_call *out, struct rpc_fault *fault)
{
	struct claim c = claim_of(m, http_header(req, S("MCP-Protocol-Version")));

	/* 3. The body's claim decides, also for initialize (which is then a method that this era does not have). */
	if (c.made && !c.version.n)
		return refuse_envelope(mem, fault, m->meta);
	out->era = c.made && rpc_version_modern(c.version) ? RPC_MODERN : RPC_LEGACY;

	/* 4. A modern header alone never makes a request modern, and never lets it fall back. A notification has no envelope. */
	if (!c.made && modern_header(c.header)) {
		if (m->kind == RPC_REQUEST)
			return refuse_envelope(mem, fault, m->meta);
		if (m->kind == RPC_RESPONSE)
			return rpc_refuse(fault, ERR_RPC_REQUEST,
			    S("Invalid Request: responses are not accepted here."), S(""));
		out->era = RPC_MODERN;
	}

	/* 5. Otherwise legacy. */
	out->version = c.version.n ? c.version : c.header.p ? c.header : S(RPC_VERSION_ABSENT);

	/* 6. and 7. */
	if (c.version.n && c.header.p && !str_eq(c.version, c.header))
		return rpc_refuse(fault, ERR_RPC_HEADERS,
		    S("The header MCP-Protocol-Version does not agree with the body."), S(""));
	if (!rpc_version_known(out->version))
		return refuse_version(mem, fault, out->version);

	if (out->era == RPC_LEGACY)
		return OK;
	if (m->kind == RPC_REQUEST && !envelope_whole(m->meta))
		return refuse_envelope(mem, fault, m->meta);
	return rpc_headers_check(mem, req, m, fault);
}

/*
 * An array is of 2025-03-26 only: later revisions removed batching, modern requests are one message a POST, and
 * initialize may not stand in one.
 */
static enum err read_batch(struct arena *mem, const struct http_req *req, const struct json *v,
    struct rpc_call *out, struct rpc_fault *fault)
{
	str header = http_header(req, S("MCP-Protocol-Version"));
	struct rpc_message *rows = NEW_ARRAY(mem, struct rpc_message, RPC_BATCH_MAX);
	size_t n = 0;

	if (header.p && str_cmp(header, S("2025-03-26")) > 0)
		return rpc_refuse(fault, ERR_RPC_REQUEST,
		    S("Invalid Request: batches are not part of this revision."), S(""));
	if (header.p && !rpc_version_known(header))
		return refuse_version(mem, fault, header);
	if (!v->count || v->count > RPC_BATCH_MAX)
		return rpc_refuse(
		    fault, ERR_RPC_REQUEST, S("Invalid Request: a batch has 1 to 16 messages."), S(""));
	for (JSON_EACH(item, v)) {
		enum err e = rpc_message_read(mem, item, &rows[n], fault);
		fault->id = S(""); /* the answer is about the array */
		TRY(e);
		if (json_get(rows[n].meta, S(RPC_META_VERSION)) || str_eq(rows[n].method, S("initialize")))
			return rpc_refuse(fault, ERR_RPC_REQUEST,
			    S("Invalid Request: neither initialize nor requests of 2026-07-28 may stand in a "
			      "batch."),
			    S(""));
		n++;
	}
	*out = (struct rpc_call){ .era = RPC_LEGACY,
		.version = S(RPC_VERSION_ABSENT),
		.batch = true,
		.messages = rows,
		.count = n };
	return OK;
}

enum err rpc_read(
    struct arena *mem, const struct http_req *req, struct rpc_call *out, struct rpc_fault *fault)
{
	const struct json *v;
	struct json_fault at;
	struct rpc_message *m = NEW(mem, struct rpc_message);

	*fault = (struct rpc_fault){ 0 };
	*out = (struct rpc_call){ .messages = m, .count = 1 };
	enum err e = json_parse(mem, req->body, &v, &at);
	if (e != OK && (e == ERR_JSON_SYNTAX || e == ERR_JSON_DEPTH || e == ERR_JSON_DUPLICATE))
		return rpc_refuse(fault, ERR_RPC_PARSE,
		    arena_printf(mem, "Parse error at byte %zu: %s.", at.at, at.why), S(""));
	if (e != OK)
		return rpc_refuse(fault, e, S(""), S(""));
	if (v->type == JSON_ARRAY)
		return read_batch(mem, req, v, out, fault);
	TRY(rpc_message_read(mem, v, m, fault));
	return choose(mem, req, m, out, fault);
}
