/*
 * gatehouse.yml as anything at all. What is taken must keep the promises that the rest of the program builds on; what is not
 * must be one sentence that names its place.
 * covers: src/core/config_bind.c src/core/config_client.c src/core/config_finish.c src/core/config_resource.c src/core/config_table.c src/core/config_value.c
 */
#include "core/config_bind.h"
#include "core/config_inner.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

static str env(void *arg, str name)
{
	(void)arg;
	return str_eq(name, S("SECRET")) ? S("0123456789abcdef0123456789abcdef") : (str){ NULL, 0 };
}

/* A file named "include" is the very same text: it may not include again. */
static bool read_file(void *arg, struct arena *mem, str from, str path, str *text, str *why)
{
	(void)mem;
	(void)from;
	*why = S("is not there");
	*text = str_starts(path, S("inc")) ? *(str *)arg : S("0123456789abcdef0123456789abcdef\n");
	return !str_eq(path, S("none"));
}

static bool match(
    void *arg, struct arena *mem, str from, str pattern, const str **paths, size_t *count, str *why)
{
	str *one = NEW(mem, str);

	(void)arg;
	(void)from;
	(void)why;
	*one = pattern;
	*paths = one;
	*count = 1;
	return true;
}

static void taken(const struct config *c)
{
	MUST(!config_base_url_problem(c->base_url) && !config_listen_problem(c->listen));
	MUST(str_starts(c->store, S("sqlite:")) || str_starts(c->store, S("postgres")));
	MUST(c->role_count == 3 && c->access_ttl >= 30 && c->code_ttl >= 10);
	for (size_t i = 0; i < c->resource_count; i++)
		MUST(c->resources[i].scope_count > 0 &&
		    (c->resources[i].path.n > 1) != (c->resources[i].url.n > 0));
	for (size_t i = 0; i < c->client_count; i++)
		MUST(c->clients[i].client_id.n && c->clients[i].redirect_uris.n &&
		    c->clients[i].grant_types.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new((size_t)64 << 20);
	str text = { (const char *)data, size };
	struct config_input in = {
		.port = { env, read_file, match, &text }, .file = S("gatehouse.yml"), .text = text
	};
	struct config config;
	struct config_problem problem = { 0 };
	enum err e = config_bind(mem, &in, &config, &problem);

	if (e == OK)
		taken(&config);
	else
		MUST(e == ERR_PARAM_VALUE && problem.text.n && !str_has(problem.text, '\0'));
	arena_unref(mem);
	return 0;
}
