#include "cmd/add.h"

#include "web/snippet.h"

static void say_indented(str text)
{
	str line;

	while (text.n) {
		(void)str_cut(text, '\n', &line, &text);
		cli_say("    %.*s\n", FMT(line));
	}
}

static void say(struct cli *cli, const struct snippet_client *c, str name, str url)
{
	str note = snippet_note(cli->mem, c, name, url);

	cli_say("%.*s: %.*s\n\n", FMT(c->label), FMT(c->words));
	say_indented(snippet_write(cli->mem, c->id, name, url));
	if (note.n)
		cli_say("\n  %.*s\n", FMT(note));
	cli_say("\n");
}

bool add_client(struct cli *cli, str client, str name, str url)
{
	const struct snippet_client *c = snippet_find(client);

	if (c)
		say(cli, c, name, url);
	return c != NULL;
}

void add_all(struct cli *cli, str name, str url)
{
	for (size_t i = 0; i < snippet_client_count; i++)
		say(cli, &snippet_clients[i], name, url);
}
