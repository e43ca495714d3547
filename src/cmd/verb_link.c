#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/verbs.h"

int verb_link(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	struct buf b = BUF(cli->mem);
	struct jout j = JOUT(&b);
	struct answer a;

	if (!config)
		return CLI_FAILED;
	jout_object(&j, S(""));
	jout_str(&j, S("email"), cli->words[0]);
	if (cli_has(cli, S("--name")))
		jout_str(&j, S("name"), cli_value(cli, S("--name")));
	jout_end(&j);
	int rc = ask_op(cli, config, S("create_link"), buf_str(&b), &a);
	if (rc != CLI_DONE)
		return rc;
	if (!a.ok)
		return ask_refused(&a);
	str email = json_get_str(a.result, S("email")), expires = json_get_str(a.result, S("expires_at"));
	if (json_get_true(a.result, S("created")))
		cli_say("%.*s is new here, and was added as a member.\n", FMT(email));
	cli_say("This link signs %.*s in, once, until %.*s:\n%.*s\n", FMT(email), FMT(expires),
	    FMT(json_get_str(a.result, S("sign_in_link"))));
	return CLI_DONE;
}
