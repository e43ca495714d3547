/*
 * resource_rule: where a protected server may answer and what may stand behind it: one set of rules for gatehouse.yml and
 * for `gatehouse protect`.
 */
#ifndef CORE_RESOURCE_RULE_H
#define CORE_RESOURCE_RULE_H

#include "core/config.h"

#define RESOURCE_PATH_MAX 255
#define RESOURCE_NAME_MAX 100
#define RESOURCE_UPSTREAM_MAX 2048

/* What is wrong with a path as the place of a resource, as a phrase; NULL when nothing is. */
const char *resource_path_problem(str path);
/* What is wrong with an upstream address; NULL when nothing is. */
const char *resource_upstream_problem(str url);
/*
 * A path for an upstream nobody chose one for: /NAME/mcp, NAME being the name, else the last telling part of the upstream's
 * path, else its host name, else "server". nth: 1 for the first try, then -2, -3 and so on stand behind NAME.
 */
str resource_path_make(struct arena *mem, str upstream, str name, int nth);
/* A name for a resource nobody named: what its path tells. */
str resource_name_make(str path);
/* True when the upstream's address tells what it is about, so that resource_path_make finds more than "server". */
bool resource_upstream_tells(str upstream);

#endif
