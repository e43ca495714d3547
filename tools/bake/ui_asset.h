/* ui_asset: the static files, each with an address that changes with its bytes. */
#ifndef BAKE_UI_ASSET_H
#define BAKE_UI_ASSET_H

#include "bake.h"

struct asset {
	char name[64];
	char path[96]; /* below the issuer: /static/app.0123456789abcdef.css */
	char hash[17];
	const char *type;
	char *bytes;
	size_t size;
};

/* Takes a file in. */
void asset_load(const char *path, const char *name);
/* NULL when there is none of this name. */
const struct asset *asset_find(const char *name);
/* Writes the table of all of them. */
void assets_put(FILE *c);

#endif
