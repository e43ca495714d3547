/* management: the resource that the management server is, with the scopes of tables/scopes.def. */
#ifndef ADMIN_MANAGEMENT_H
#define ADMIN_MANAGEMENT_H

#include "core/config.h"
#include "model/model.h"

/* The resource at config->management_path; origin: scheme and host of base_url. Texts are static or in mem. */
struct resource management_resource(struct arena *mem, const struct config *config, str origin);

#endif
