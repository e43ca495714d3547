/* ops: the operations of tables/ops, read as JSON. */
#ifndef BAKE_OPS_H
#define BAKE_OPS_H

#include "value.h"

/* Ends the program when an operation promises what nobody keeps. */
void op_check(const struct value *op);

/* The tables that the row of an operation points to. */
void op_put_fields(FILE *c, const struct value *op);
/* The row, as admin/op.h declares it. */
void op_put_row(FILE *c, const struct value *op);

#endif
