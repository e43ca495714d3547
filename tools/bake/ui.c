/*
 * Makes ui_gen.h and ui_gen.c of the pages and static files.
 *
 *   UI_DIR/pages/NAME.html     -> PAGE_NAME, struct view_NAME (fields: ui_view.h), a branch of page_write
 *   UI_DIR/partials/NAME.html  -> taken in by {{> NAME}}; its names are the page's
 *   UI_DIR/static/NAME.EXT     -> a row of ui_assets; {{@NAME.EXT}} is its address, with the hash of its bytes
 *
 *   {{name}}                    a str or int, escaped as its place in the HTML demands (ui_place.h)
 *   {{#list}} ... {{/list}}     for each; names inside are looked for in the item first, then further out
 *   {{?name}} ... {{/name}}     if: flag set, str or list not empty, int not 0
 *   {{^name}} ... {{/name}}     if not
 *   {{! comment }}
 *
 * Names that no view declares: {{brand}}, the server's name. A local address in href, src or action ("/login") gets the
 * path of the issuer in front by itself. There is no raw output. Every mistake is an error with file and line.
 */
#include <string.h>

#include "ui_asset.h"
#include "ui_page.h"
#include "ui_view.h"

#define PAGES_MAX 64

static char page_names[PAGES_MAX][NAME_SIZE];
static size_t page_count;

static void list_page(const char *path, const char *file)
{
	char *name = copy(file, strlen(file) - strlen(".html"));

	if (page_count == PAGES_MAX || !name_good(name) || strlen(name) >= NAME_SIZE)
		die((struct where){ path, 0 }, "no name for a page, or more than %d pages", PAGES_MAX);
	snprintf(page_names[page_count++], NAME_SIZE, "%s", name);
}

static void put_dispatch(FILE *c)
{
	fputs("void page_write_framed(struct buf *out, const struct page_frame *frame, int page, const void "
	      "*view)\n{\n"
	      "\tswitch (page) {\n",
	    c);
	for (size_t i = 0; i < page_count; i++) {
		fputs("\tcase PAGE_", c);
		put_upper(c, page_names[i]);
		fprintf(c, ":\n\t\twrite_%s(out, frame, view);\n\t\tbreak;\n", page_names[i]);
	}
	fputs("\tdefault:\n\t\tbreak;\n\t}\n}\n\n"
	      "void page_write(struct buf *out, int page, const void *view)\n{\n"
	      "\tstatic const struct page_frame frame = { S_INIT(\"\"), S_INIT(\"Gatehouse\") };\n\n"
	      "\tpage_write_framed(out, &frame, page, view);\n}\n\n",
	    c);
}

static void put_header(FILE *h)
{
	fputs("enum page {\n\tPAGE_NONE,\n", h);
	for (size_t i = 0; i < page_count; i++) {
		fputs("\tPAGE_", h);
		put_upper(h, page_names[i]);
		fputs(",\n", h);
	}
	fputs("\tPAGE_COUNT\n};\n\n"
	      "/* What all pages of a tenant share. */\n"
	      "struct page_frame {\n"
	      "\tstr base;  /* path of the issuer, \"\" or \"/t/acme\": stands before local addresses */\n"
	      "\tstr brand; /* the server's name */\n"
	      "};\n\n"
	      "/* Writes a page; view is its struct view_NAME. An unknown page writes nothing. */\n"
	      "void page_write_framed(struct buf *out, const struct page_frame *frame, int page, const void "
	      "*view);\n"
	      "/* The same for an issuer without a path. */\n"
	      "void page_write(struct buf *out, int page, const void *view);\n\n"
	      "struct ui_asset {\n"
	      "\tstr name; /* app.css */\n"
	      "\tstr path; /* /static/app.HASH.css, below the issuer; may be kept for ever */\n"
	      "\tstr type;\n"
	      "\tstr etag; /* with its quotes */\n"
	      "\tstr bytes;\n"
	      "};\n"
	      "extern const struct ui_asset ui_assets[];\n"
	      "extern const size_t ui_asset_count;\n\n"
	      "#endif\n",
	    h);
}

int bake_ui(const char *out_dir, const char *in_dir)
{
	struct made h, c;

	made_open(&h, out_dir, "ui_gen.h");
	made_open(&c, out_dir, "ui_gen.c");
	fputs("/* Made by tools/bake of ui/. */\n#ifndef UI_GEN_H\n#define UI_GEN_H\n\n#include "
	      "\"base/buf.h\"\n\n",
	    h.f);
	fputs("/* Made by tools/bake of ui/. */\n#include \"ui_gen.h\"\n#include \"web/esc.h\"\n\n", c.f);
	folder_each(format("%s/static", in_dir), NULL, asset_load);
	folder_each(format("%s/pages", in_dir), "html", list_page);
	for (size_t i = 0; i < page_count; i++)
		page_bake(in_dir, page_names[i], h.f, c.f);
	put_dispatch(c.f);
	assets_put(c.f);
	put_header(h.f);
	made_close(&h);
	made_close(&c);
	return 0;
}
