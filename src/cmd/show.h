/* show: results of operations for people. */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include "base/json.h"

/* An object as lines `name  value`; lists of objects as blocks with a blank line between. On standard output. */
void show_result(const struct json *o);
/* One value on one line, for a place in a sentence or a table. */
str show_value(struct arena *mem, const struct json *v);

#endif
