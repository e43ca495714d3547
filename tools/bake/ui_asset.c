#include "ui_asset.h"

#include <stdint.h>
#include <string.h>

#define ASSETS_MAX 64

static struct asset assets[ASSETS_MAX];
static size_t asset_count;

/* FNV-1a: tells versions of a file apart, nothing more. */
static uint64_t hash_of(const char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
	return h;
}

static const char *type_of(const char *ext)
{
	static const char *const types[][2] = {
		{ "css", "text/css; charset=utf-8" },
		{ "js", "text/javascript; charset=utf-8" },
		{ "svg", "image/svg+xml" },
		{ "png", "image/png" },
		{ "ico", "image/vnd.microsoft.icon" },
		{ "txt", "text/plain; charset=utf-8" },
		{ "woff2", "font/woff2" },
	};

	for (size_t i = 0; i < COUNT(types); i++)
		if (!strcmp(types[i][0], ext))
			return types[i][1];
	return NULL;
}

void asset_load(const char *path, const char *name)
{
	const char *dot = strrchr(name, '.');
	struct asset *a = &assets[asset_count];

	if (strlen(name) >= sizeof a->name)
		die((struct where){ name, 0 }, "name too long");
	struct where at = { path, 0 };
	if (asset_count == ASSETS_MAX)
		die(at, "more than %d static files", ASSETS_MAX);
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.")] || !dot)
		die(at, "static files are named [a-z0-9-] and one extension");
	a->type = type_of(dot + 1);
	if (!a->type)
		die(at, "no media type is known for .%s", dot + 1);
	a->bytes = input_read(path, &a->size);
	snprintf(a->name, sizeof a->name, "%s", name);
	unsigned long long hash = hash_of(a->bytes, a->size);
	snprintf(a->hash, sizeof a->hash, "%016llx", hash);
	snprintf(a->path, sizeof a->path, "/static/%.*s.%016llx%s", (int)(dot - name), name, hash, dot);
	asset_count++;
}

void assets_put(FILE *c)
{
	fputs("const struct ui_asset ui_assets[] = {\n", c);
	for (size_t i = 0; i < asset_count; i++) {
		const struct asset *a = &assets[i];
		fprintf(c,
		    "\t{ S_INIT(\"%s\"), S_INIT(\"%s\"), S_INIT(\"%s\"), S_INIT(\"\\\"%s\\\"\"),\n\t  "
		    "S_INIT(",
		    a->name, a->path, a->type, a->hash);
		put_lines(c, a->bytes, a->size);
		fputs(") },\n", c);
	}
	fputs("};\n", c);
	fprintf(c, "const size_t ui_asset_count = %zu;\n", asset_count);
}

const struct asset *asset_find(const char *name)
{
	for (size_t i = 0; i < asset_count; i++)
		if (strcmp(assets[i].name, name) == 0)
			return &assets[i];
	return NULL;
}
