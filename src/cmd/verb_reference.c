#include "admin/reference.h"
#include "cmd/verbs.h"
#include "core/nearest.h"

int verb_reference(struct cli *cli)
{
	struct buf b = BUF(cli->mem);

	if (!cli->count) {
		for (size_t i = 0; i < reference_count; i++)
			cli_say(
			    "%-12.*s %.*s\n", FMT(reference_topics[i].topic), FMT(reference_topics[i].words));
		return CLI_DONE;
	}
	const struct reference *r = reference_find(cli->words[0]);
	if (!r) {
		for (size_t i = 0; i < reference_count; i++)
			buf_printf(&b, "%s%.*s", i ? ", " : "", FMT(reference_topics[i].topic));
		return cli_wrong(cli, "there is no topic `%.*s`; there are %.*s.",
		    FMT(str_sub(cli->words[0], 0, 64)), FMT(buf_str(&b)));
	}
	if (cli_has(cli, S("--json"))) {
		if (!r->write_json)
			return cli_wrong(cli, "the topic `%.*s` has no --json.", FMT(r->topic));
		r->write_json(&b, cli->mem);
		buf_char(&b, '\n');
	} else {
		r->write(&b, cli->mem);
	}
	cli_put(buf_str(&b));
	return CLI_DONE;
}
