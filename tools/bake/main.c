/* bake NAME OUT_DIR IN_DIR: runs one of the bakers, see bake.h. */
#include <string.h>

#include "bake.h"

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*bake)(const char *out_dir, const char *in_dir);
	} bakers[] = { { "ops", bake_ops }, { "sql", bake_sql }, { "ui", bake_ui } };

	for (size_t i = 0; argc == 4 && i < COUNT(bakers); i++)
		if (strcmp(argv[1], bakers[i].name) == 0)
			return bakers[i].bake(argv[2], argv[3]);
	fputs("usage: bake ops|sql|ui OUT_DIR IN_DIR\n", stderr);
	return 2;
}
