#include "rpc/message.h"

enum err rpc_refuse(struct rpc_fault *fault, enum err e, str say, str data)
{
	fault->code = e;
	fault->say = say;
	fault->data = data;
	return e;
}

static enum err refuse(struct rpc_fault *fault, str say)
{
	return rpc_refuse(fault, ERR_RPC_REQUEST, say, S(""));
}

/* MCP narrows JSON-RPC: never null, and no fractions, whose text two programs could compare differently. */
static bool id_text(struct arena *mem, const struct json *v, str *out)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);
	int64_t n;

	if (v->text.n > RPC_ID_MAX ||
	    (v->type != JSON_STRING && !(v->type == JSON_NUMBER && str_int(v->text, &n))))
		return false;
	jout_json(&j, S(""), v);
	*out = buf_str(&b);
	return true;
}

static enum err read_response(
    const struct json *v, const struct json *id, struct rpc_message *out, struct rpc_fault *fault)
{
	const struct json *error = json_get(v, S("error"));

	if (!id || (json_get(v, S("result")) != NULL) == (error != NULL))
		return refuse(
		    fault, S("Invalid Request: a response has an id and either a result or an error."));
	if (error && error->type != JSON_OBJECT)
		return refuse(fault, S("Invalid Request: error must be an object."));
	out->kind = RPC_RESPONSE;
	return OK;
}

enum err rpc_message_read(
    struct arena *mem, const struct json *v, struct rpc_message *out, struct rpc_fault *fault)
{
	const struct json *id = json_get(v, S("id"));
	const struct json *method = json_get(v, S("method"));

	*out = (struct rpc_message){ .kind = RPC_NOTIFICATION };
	if (!v || v->type != JSON_OBJECT)
		return refuse(fault, S("Invalid Request: the message is not a JSON object."));
	if (id && !id_text(mem, id, &out->id))
		return refuse(fault, S("Invalid Request: the id must be a string or an integer."));
	fault->id = out->id;
	if (!str_eq(json_get_str(v, S("jsonrpc")), S("2.0")))
		return refuse(fault, S("Invalid Request: jsonrpc must be 2.0."));
	if (!method)
		return read_response(v, id, out, fault);
	if (method->type != JSON_STRING || !method->text.n)
		return refuse(fault, S("Invalid Request: the method must be a string."));
	if (json_get(v, S("result")) || json_get(v, S("error")))
		return refuse(
		    fault, S("Invalid Request: a message has a method, or a result or an error, not both."));

	out->method = method->text;
	out->params = json_get(v, S("params"));
	if (out->params && out->params->type != JSON_OBJECT)
		return refuse(fault, S("Invalid Request: params must be an object."));
	out->meta = json_get(out->params, S("_meta"));
	if (out->meta && out->meta->type != JSON_OBJECT)
		out->meta = NULL;
	if (id)
		out->kind = RPC_REQUEST;
	return OK;
}
