/* add: how a protected server is added to each client, as protect and snippet print it. */
#ifndef CMD_ADD_H
#define CMD_ADD_H

#include "cmd/cli.h"

/* The text for one client; false when there is no such client. */
bool add_client(struct cli *cli, str client, str name, str url);
/* The texts for all of them. */
void add_all(struct cli *cli, str name, str url);

#endif
