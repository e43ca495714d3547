/* shape: how objects look in the results of operations: ids, times, the tenant an operation works in. */
#ifndef ADMIN_SHAPE_H
#define ADMIN_SHAPE_H

#include "admin/op.h"
#include "sql_gen.h"

/* A time as RFC 3339; null when it never was. */
void shape_time(struct jout *j, str key, struct arena *mem, int64_t t);
/* An id of that prefix out of an argument; ERR_OP_NOT_FOUND for what is none: foreign, missing and broken look alike. */
CHECKED enum err shape_id(struct ctx *c, str text, const char *prefix, int64_t *id);
/* OP_NOT_FOUND when the argument tenant_id names a tenant that is not the caller's; without the argument there is one. */
CHECKED enum err shape_tenant(struct ctx *c, const struct op_call *q);

/* A person as the statements of ops.sql give it. */
struct shape_user {
	int64_t id;
	str email, name, role, status;
	int64_t last_login, created, updated;
};
#define SHAPE_USER(row)                                                                           \
	{                                                                                         \
		.id = (row).id, .email = (row).email, .name = (row).name, .role = (row).role,     \
		.status = (row).status, .last_login = (row).last_login, .created = (row).created, \
		.updated = (row).updated                                                          \
	}

/* The members of a USER, into an object that is open. */
void shape_user(struct ctx *c, struct jout *j, const struct shape_user *u);
/* The same person, just made. */
struct shape_user shape_user_new(const struct ctx *c, int64_t id, str email, str name, str role);

#endif
