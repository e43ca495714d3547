#include "base/text.h"
#include "cmd/add.h"
#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/hello.h"
#include "cmd/verbs.h"
#include "core/resource_rule.h"
#include "net/probe.h"

/* The message of an answer: the body, or the data of its first event. */
static str message_of(const struct probe_answer *a)
{
	ptrdiff_t at;

	if (!str_starts(http_res_header(&a->res, S("Content-Type")), S("text/event-stream")))
		return a->body;
	at = str_find(a->body, S("data:"));
	if (at < 0)
		return S("");
	str line, rest;
	(void)str_cut(str_sub(a->body, (size_t)at + 5, a->body.n), '\n', &line, &rest);
	return str_trim(line);
}

/* What the server behind said when it was greeted. */
struct greeting {
	str words; /* for a line */
	str name;  /* its own; empty when it has none */
};

static struct greeting read_greeting(struct cli *cli, const struct json *result)
{
	const struct json *info = json_get(result, S("serverInfo"));
	struct greeting g = { .name = json_get_str(info, S("title")) };

	if (!g.name.n)
		g.name = json_get_str(info, S("name"));
	if (!text_name_ok(g.name, RESOURCE_NAME_MAX))
		g.name = S("");
	g.words =
	    arena_printf(cli->mem, "it answers: %.*s %.*s, MCP %.*s", FMT(json_get_str(info, S("name"))),
		FMT(json_get_str(info, S("version"))), FMT(json_get_str(result, S("protocolVersion"))));
	return g;
}

static struct greeting greet(struct cli *cli, str upstream)
{
	const struct http_header headers[] = { { S("Content-Type"), S("application/json") },
		{ S("Accept"), S("application/json, text/event-stream") } };
	const struct probe_ask ask = { .method = S("POST"),
		.url = upstream,
		.headers = headers,
		.header_count = COUNT(headers),
		.body = S(HELLO_LEGACY("gatehouse")),
		.timeout_ms = 5000 };
	struct probe_answer a;
	const struct json *o;

	probe_run(cli->mem, &ask, &a);
	if (a.stage != PROBE_DONE)
		return (struct greeting){ .words = arena_printf(cli->mem,
					      "it does not answer yet, %.*s: start it", FMT(a.why)) };
	if (a.res.status == 401 || a.res.status == 403)
		return (struct greeting){ .words = arena_printf(cli->mem,
					      "it asks for an authorization of its own (%d): switch that "
					      "off, Gatehouse does it",
					      a.res.status) };
	if (json_parse(cli->mem, message_of(&a), &o, NULL) != OK ||
	    !json_get(json_get(o, S("result")), S("protocolVersion")))
		return (struct greeting){
			.words = arena_printf(cli->mem,
			    "it answers %d, but not as an MCP server does: look at the path", a.res.status)
		};
	return read_greeting(cli, json_get(o, S("result")));
}

static void say(struct cli *cli, const struct answer *a, str seen)
{
	str url = json_get_str(a->result, S("identifier")), name = json_get_str(a->result, S("name"));
	str upstream = json_get_str(a->result, S("upstream"));

	cli_say("%s  %.*s\n",
	    json_get_true(a->result, S("created")) ? "Protected:" : "Protected already:", FMT(url));
	cli_say("in front of %.*s (%.*s)\n", FMT(upstream), FMT(seen));
	if (!a->daemon)
		cli_say("No daemon runs on this data directory: gatehouse serve starts it.\n");
	cli_say("\nHow to add it:\n\n");
	add_all(cli, name, url);
}

int verb_protect(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	str upstream = cli->words[0], name = cli_value(cli, S("--name"));
	struct buf b = BUF(cli->mem);
	struct jout j = JOUT(&b);
	struct answer a;

	if (!config)
		return CLI_FAILED;
	const char *problem = resource_upstream_problem(upstream);
	if (problem)
		return cli_failed("the address `%.*s` %s.", FMT(str_sub(upstream, 0, 200)), problem);
	struct greeting g = greet(cli, upstream);
	if (!name.n && !resource_upstream_tells(upstream))
		name = g.name; /* better than "server" */
	jout_object(&j, S(""));
	jout_str(&j, S("upstream"), upstream);
	jout_str_opt(&j, S("path"), cli_value(cli, S("--path")));
	jout_str_opt(&j, S("name"), name);
	jout_end(&j);
	int rc = ask_op(cli, config, S("protect_resource"), buf_str(&b), &a);
	if (rc != CLI_DONE)
		return rc;
	if (!a.ok)
		return ask_refused(&a);
	say(cli, &a, g.words);
	return CLI_DONE;
}
