#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/verbs.h"

static void say_keys(const struct json *keys)
{
	for (JSON_EACH(k, keys))
		cli_say("%-9.*s %.*s  %.*s  since %.*s\n", FMT(json_get_str(k, S("state"))),
		    FMT(json_get_str(k, S("alg"))), FMT(json_get_str(k, S("kid"))),
		    FMT(json_get_str(k, S("changed_at"))));
}

static void say_rotated(const struct json *result)
{
	str at = json_get_str(result, S("signs_at"));

	if (at.n)
		cli_say("%.*s is published now, and signs from %.*s on: until then nobody may have heard of "
			"it.\n",
		    FMT(json_get_str(result, S("next"))), FMT(at));
	else
		cli_say(
		    "%.*s signs from now on; what the key before it signed stays good until it expires.\n",
		    FMT(json_get_str(result, S("active"))));
}

static str arguments(struct cli *cli)
{
	struct buf b = BUF(cli->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str_opt(&j, S("alg"), cli_value(cli, S("--alg")));
	jout_end(&j);
	return buf_str(&b);
}

int verb_key(struct cli *cli)
{
	bool rotate = str_eq(cli->words[0], S("rotate"));
	const struct config *config;
	struct answer a;

	if (!rotate && !str_eq(cli->words[0], S("list")))
		return cli_wrong(cli, "`%.*s` is neither list nor rotate.", FMT(cli->words[0]));
	config = cli_config(cli);
	if (!config)
		return CLI_FAILED;
	int rc = ask_op(
	    cli, config, rotate ? S("rotate_key") : S("list_keys"), rotate ? arguments(cli) : S("{}"), &a);
	if (rc != CLI_DONE)
		return rc;
	if (!a.ok)
		return ask_refused(&a);
	if (cli_has(cli, S("--json")))
		cli_say("%.*s\n", FMT(a.text));
	else if (rotate)
		say_rotated(a.result);
	else
		say_keys(json_get(a.result, S("keys")));
	return CLI_DONE;
}
