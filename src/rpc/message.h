/* message: JSON-RPC 2.0 messages as MCP writes them (id a string or an integer, params an object), one or a batch. */
#ifndef RPC_MESSAGE_H
#define RPC_MESSAGE_H

#include "base/json.h"

#define RPC_BATCH_MAX 16 /* messages in one array: what a person's client may want at once, and no bomb */
#define RPC_ID_MAX 512   /* bytes of an id: it is echoed */

enum rpc_kind { RPC_REQUEST, RPC_NOTIFICATION, RPC_RESPONSE };

struct rpc_message {
	enum rpc_kind kind;
	str id;                    /* JSON text of the id; empty for a notification */
	str method;                /* empty for a response */
	const struct json *params; /* an object, or NULL */
	const struct json *meta;   /* params._meta when it is an object, or NULL */
};

/* Why something was refused, for whoever writes the answer: the row, words of our own, the error's data, the id. */
struct rpc_fault {
	enum err code;
	str say;  /* public words; empty: the row's */
	str data; /* a JSON object's text; empty: none */
	str id;   /* JSON text of the request's id; empty: it could not be read, so null */
};

/* Gives e and fills the fault. */
enum err rpc_refuse(struct rpc_fault *fault, enum err e, str say, str data);

/* One parsed value as a message. ERR_RPC_REQUEST when it is none; fault->id is what could be read of the id. */
CHECKED enum err rpc_message_read(
    struct arena *mem, const struct json *v, struct rpc_message *out, struct rpc_fault *fault);

#endif
