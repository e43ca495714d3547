#include "cmd/add.h"
#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/verbs.h"
#include "web/snippet.h"

static bool meant(const struct json *r, str word)
{
	return str_eq(json_get_str(r, S("identifier")), word) || str_eq(json_get_str(r, S("path")), word) ||
	    str_ieq(json_get_str(r, S("name")), word);
}

/* A server at the management path has no upstream and no other address than ours. */
static bool management(const struct json *r)
{
	return !json_get_str(r, S("upstream")).n && json_get_str(r, S("path")).n;
}

static int say_choice(const struct json *all)
{
	(void)cli_failed("say which resource is meant:");
	for (JSON_EACH(r, all))
		(void)cli_failed(
		    "  %.*s  %.*s", FMT(json_get_str(r, S("identifier"))), FMT(json_get_str(r, S("name"))));
	return CLI_FAILED;
}

/* Without a word: the only protected server, else management when there is nothing else. */
static int choose(struct cli *cli, const struct json *all, const struct json **out)
{
	size_t servers = 0;

	*out = NULL;
	for (JSON_EACH(r, all)) {
		if (cli->count ? meant(r, cli->words[0]) : !management(r)) {
			*out = r;
			servers++;
		}
	}
	if (cli->count && !*out)
		return cli_failed("`%.*s` is not a resource here; gatehouse list_resources shows them.",
		    FMT(cli->words[0]));
	if (!cli->count && !*out && all)
		*out = all->first;
	if (!*out || (!cli->count && servers > 1))
		return say_choice(all);
	return CLI_DONE;
}

static int say(struct cli *cli, const struct json *r)
{
	str url = json_get_str(r, S("identifier")), name = json_get_str(r, S("name")),
	    client = cli_value(cli, S("--client"));

	if (!client.p) {
		add_all(cli, name, url);
		return CLI_DONE;
	}
	if (add_client(cli, client, name, url))
		return CLI_DONE;
	struct buf b = BUF(cli->mem);
	for (size_t i = 0; i < snippet_client_count; i++)
		buf_printf(&b, "%s%.*s", i ? ", " : "", FMT(snippet_clients[i].id));
	return cli_failed(
	    "there is no text for the client `%.*s`; there is one for %.*s.", FMT(client), FMT(buf_str(&b)));
}

int verb_snippet(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	const struct json *all, *one;

	if (!config)
		return CLI_FAILED;
	int rc = ask_resources(cli, config, &all);
	if (rc != CLI_DONE)
		return rc;
	rc = choose(cli, all, &one);
	return rc == CLI_DONE ? say(cli, one) : rc;
}
