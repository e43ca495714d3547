/* config_load: the configuration from wherever it stands. The I/O behind core/config_bind.h. */
#ifndef CMD_CONFIG_LOAD_H
#define CMD_CONFIG_LOAD_H

#include "cmd/cli.h"

/*
 * Finds the file (--config, $GATEHOUSE_CONFIG, ./gatehouse.yml, /etc/gatehouse/gatehouse.yml; none is fine), reads it, the
 * environment and the flags. *out holds one reference on its arena. An error leaves one clear sentence in why.
 */
CHECKED enum err config_load(const struct cli *cli, const struct config **out, struct buf *why);
/* The same for a verb: NULL with the sentence said. Lives as long as the program. */
const struct config *cli_config(const struct cli *cli);

#endif
