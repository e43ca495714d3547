/* ui_page: one page, with the partials it takes in, as the C function that writes it. */
#ifndef BAKE_UI_PAGE_H
#define BAKE_UI_PAGE_H

#include "bake.h"

/* Bakes in_dir/pages/NAME.html: its structs to h, its function to c. The static files are loaded already. */
void page_bake(const char *in_dir, const char *name, FILE *h, FILE *c);

#endif
