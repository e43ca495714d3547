/* list_clients and get_client. */
#include "admin/op_client.h"
#include "admin/shape.h"
#include "base/id.h"
#include "client/client.h"
#include "crypto/crypto.h"
#include "ops_gen.h"

/* How it came to be, in the words of list_clients. */
static str kind_of(const struct client *client)
{
	switch (client->origin) {
	case CLIENT_CONFIG:
	case CLIENT_CREATED:
		return S("static");
	case CLIENT_DOCUMENT:
		return S("metadata_document");
	default:
		return S("dynamic");
	}
}

static str type_of(const struct client *client)
{
	return client->type.n ? client->type : client->native ? S("native") : S("web");
}

void op_client_write(struct ctx *c, struct jout *j, const struct op_client *o, bool brief)
{
	const struct client *client = &o->client;
	bool declared = client->origin == CLIENT_CONFIG;

	/* what the file declares may have no row, and its name is as good */
	jout_str(j, S("id"), declared ? client->client_id : id_text(c->mem, ID_CLIENT, client->row));
	jout_str(j, S("client_id"), client->client_id);
	jout_str(j, S("name"), client_name(c->mem, client));
	jout_str(j, S("application_type"), type_of(client));
	jout_str(j, S("tenant_id"), id_text(c->mem, ID_TENANT, c->site->tenant.id));
	jout_str(j, S("tenant_name"), c->site->tenant.name);
	jout_bool(j, S("is_public"), str_eq(client->auth_method, S("none")));
	jout_str(j, S("status"), o->status);
	jout_str(j, S("registered"), kind_of(client));
	jout_bool(j, S("declared"), declared);
	jout_str(j, S("token_endpoint_auth_method"), client->auth_method);
	jout_words(j, S("grant_types"), client->grant_types);
	if (!brief) {
		jout_words(j, S("redirect_uris"), client->redirect_uris);
		jout_words(j, S("allowed_logout_uris"), client->logout_uris);
		jout_words(j, S("allowed_scopes"), client->scope);
		jout_words(j, S("resources"), client->guards);
		jout_str(j, S("role"), client_may(client, S("client_credentials")) ? client->role : S(""));
	}
	jout_str(j, S("homepage_url"), client->uri);
	jout_str(j, S("created_by"), client->maker);
	shape_time(j, S("created_at"), c->mem, o->created);
	shape_time(j, S("updated_at"), c->mem, o->updated);
}

static struct op_client declared(const struct client *client)
{
	return (struct op_client){ .client = *client, .status = S("active") };
}

static struct op_client from_row(struct ctx *c, const struct client_get_out *row)
{
	struct op_client o = { .created = row->created, .updated = row->updated };

	client_of_row(c->mem, row, &o.client);
	o.status = o.client.blocked ? S("suspended") : S("active");
	return o;
}

enum err op_client_load(struct ctx *c, str client_id, struct op_client *out)
{
	struct client_get_in in = { c->site->tenant.id, sha256_str(c->mem, client_id) };
	struct client_get_out row;

	for (size_t i = 0; i < c->site->client_count; i++)
		if (str_eq(c->site->clients[i].client_id, client_id)) {
			*out = declared(&c->site->clients[i]);
			return OK;
		}
	enum err e = q_client_get(c->db, c->mem, &in, &row);
	/* a client that the file does not declare any more is gone; its row only names old grants */
	if (e == ERR_NOT_FOUND ||
	    (e == OK && (str_eq(row.status, S("deleted")) || str_eq(row.origin, S("config")))))
		return FAIL(c, OP_NOT_FOUND, "client %.*s", FMT(str_sub(client_id, 0, 64)));
	TRY(e);
	*out = from_row(c, &row);
	return OK;
}

enum err op_client_get(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct op_client o;

	TRY(shape_tenant(c, q));
	TRY(op_client_load(c, op_text(q, S("client_id")), &o));
	op_client_write(c, j, &o, false);
	return OK;
}

/* ---- the list: what the file declares first, then the rows */

struct page {
	str kind; /* of the rows, '' for all */
	size_t declared;
	int64_t limit, offset, total;
};

static enum err write_rows(struct ctx *c, struct jout *j, const struct page *p)
{
	int64_t ahead = (int64_t)p->declared; /* in front of the first row */
	int64_t skip = p->offset > ahead ? p->offset - ahead : 0;
	int64_t shown = p->offset < ahead ? ahead - p->offset : 0;
	struct op_clients_in in = { c->site->tenant.id, p->kind, p->limit - shown, skip };
	const struct op_clients_out *rows;
	size_t count;

	if (in.limit <= 0)
		return OK;
	TRY(q_op_clients(c->db, c->mem, &in, &rows, &count));
	for (size_t i = 0; i < count; i++) {
		const struct op_clients_out *r = &rows[i];
		struct client_get_out row = { .id = r->id,
			.client_id = r->client_id,
			.name = r->name,
			.origin = r->origin,
			.status = r->status,
			.auth_method = r->auth_method,
			.redirect_uris = r->redirect_uris,
			.grant_types = r->grant_types,
			.scope = r->scope,
			.metadata = r->metadata,
			.created = r->created,
			.updated = r->updated };
		struct op_client o = from_row(c, &row);
		jout_object(j, S(""));
		op_client_write(c, j, &o, true);
		jout_end(j);
	}
	return OK;
}

static void write_declared(struct ctx *c, struct jout *j, const struct page *p)
{
	for (int64_t i = p->offset; i < (int64_t)p->declared && i < p->offset + p->limit; i++) {
		struct op_client o = declared(&c->site->clients[i]);
		jout_object(j, S(""));
		op_client_write(c, j, &o, true);
		jout_end(j);
	}
}

/* What the argument says, in the words of the statement. */
static struct page page_of(const struct ctx *c, const struct op_call *q)
{
	str asked = op_text(q, S("registered"));
	bool all = str_eq(asked, S("all"));

	return (struct page){
		.kind = all                                 ? S("")
		    : str_eq(asked, S("metadata_document")) ? S("document")
							    : asked,
		.declared = all || str_eq(asked, S("static")) ? c->site->client_count : 0,
		.limit = op_number(q, S("limit")),
		.offset = op_number(q, S("offset")),
	};
}

enum err op_client_list(struct ctx *c, const struct op_call *q, struct jout *j)
{
	struct page p = page_of(c, q);
	struct op_clients_count_in in = { c->site->tenant.id, p.kind };
	struct op_clients_count_out all;

	TRY(shape_tenant(c, q));
	TRY(q_op_clients_count(c->db, c->mem, &in, &all));
	jout_array(j, S("clients"));
	write_declared(c, j, &p);
	TRY(write_rows(c, j, &p));
	jout_end(j);
	jout_int(j, S("total"), all.total + (int64_t)p.declared);
	jout_int(j, S("limit"), p.limit);
	jout_int(j, S("offset"), p.offset);
	return OK;
}
