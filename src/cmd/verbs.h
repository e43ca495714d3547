/* verbs: one function a verb of tables/verbs.def; each gives the exit code. */
#ifndef CMD_VERBS_H
#define CMD_VERBS_H

#include "cmd/cli.h"

#define FLAG(...)
#define VERB(name, ...) int verb_##name(struct cli *cli);
#include "verbs.def"
#undef VERB
#undef FLAG

/* Any operation of tables/ops, as a verb. */
int verb_op(struct cli *cli);

#endif
