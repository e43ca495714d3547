/* health: what machines ask: alive, ready, numbers. The handlers stand in tables/routes.def. */
#ifndef APP_HEALTH_H
#define APP_HEALTH_H

#include "app/house.h"

/* The numbers of the whole house in Prometheus' text format. */
void metrics_write(struct house *h, struct buf *out);

#endif
