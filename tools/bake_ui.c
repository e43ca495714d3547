/*
 * bake_ui OUT_DIR UI_DIR: makes ui_gen.h and ui_gen.c of the pages and static files.
 *
 *   UI_DIR/pages/NAME.html     -> PAGE_NAME, struct view_NAME (fields: bake_ui_view.h), a branch of page_write
 *   UI_DIR/partials/NAME.html  -> taken in by {{> NAME}}; its names are the page's
 *   UI_DIR/static/NAME.EXT     -> a row of ui_assets; {{@NAME.EXT}} is its address, with the hash of its bytes
 *
 *   {{name}}                    a str or int, escaped as its place in the HTML demands (bake_ui_place.h)
 *   {{#list}} ... {{/list}}     for each; names inside are looked for in the item first, then further out
 *   {{?name}} ... {{/name}}     if: flag set, str or list not empty, int not 0
 *   {{^name}} ... {{/name}}     if not
 *   {{! comment }}
 *
 * Names that no view declares: {{brand}}, the server's name. A local address in href, src or action ("/login") gets the
 * path of the issuer in front by itself. There is no raw output. Every mistake is an error with file and line.
 */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>

#include "bake_ui_place.h"
#include "bake_ui_view.h"

#define DEPTH_MAX 8
#define PAGES_MAX 64
#define ASSETS_MAX 64

struct asset {
	char name[64];
	char path[96]; /* below the issuer: /static/app.0123456789abcdef.css */
	char hash[17];
	const char *type;
	char *bytes;
	size_t size;
};

/* An open {{#}}, {{?}} or {{^}}. */
struct section {
	char kind;
	struct field *field;
	struct place place;
	struct where at;
};

/* One page on its way to C. */
struct page {
	char name[NAME_MAX_];
	char path[512];
	struct shape *views[DEPTH_MAX + 1]; /* the page's own, then one an open list */
	size_t view;
	struct section open[DEPTH_MAX * 2];
	size_t opened;
	struct place place;
	bool blank; /* the last byte written was a line's end */
	char *lit;  /* HTML not yet written */
	size_t lit_n, lit_cap;
};

static const char *ui_dir;
static FILE *out_c, *out_h;
static struct asset assets[ASSETS_MAX];
static size_t asset_count;
static char page_names[PAGES_MAX][NAME_MAX_];
static size_t page_count;

_Noreturn void die(struct where at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (at.line)
		fprintf(stderr, "%s:%d: ", at.path, at.line);
	else
		fprintf(stderr, "%s: ", at.path);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static char *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	struct where at = { path, 0 };

	if (!f || fseek(f, 0, SEEK_END) != 0)
		die(at, "%s", strerror(errno));
	long n = ftell(f);
	if (n < 0 || n > 4 << 20)
		die(at, "too large");
	rewind(f);
	char *text = malloc((size_t)n + 1);
	if (!text || fread(text, 1, (size_t)n, f) != (size_t)n)
		die(at, "cannot be read whole");
	fclose(f);
	text[n] = '\0';
	*size = (size_t)n;
	return text;
}

/* A C string literal; octal escapes have three digits, so that no digit behind them is taken in. */
static void put_literal(FILE *f, const char *p, size_t n)
{
	fputc('"', f);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c == '\n')
			fputs(i + 1 < n ? "\\n\"\n\t    \"" : "\\n", f);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(f, "\\%03o", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

/* --- pages */

static void lit_flush(struct page *p)
{
	if (p->lit_n == 0)
		return;
	fputs("\tbuf_put(o, S(", out_c);
	put_literal(out_c, p->lit, p->lit_n);
	fputs("));\n", out_c);
	p->lit_n = 0;
}

static void lit_put(struct page *p, const char *s, size_t n)
{
	while (p->lit_n + n > p->lit_cap) {
		p->lit_cap = p->lit_cap ? p->lit_cap * 2 : 4096;
		p->lit = realloc(p->lit, p->lit_cap);
		if (!p->lit)
			die((struct where){ p->path, 0 }, "no memory");
	}
	memcpy(p->lit + p->lit_n, s, n);
	p->lit_n += n;
}

/* A field by name, from the innermost list outwards; writes the C expression of it. */
static struct field *resolve(struct page *p, struct where at, const char *name, char *expr, size_t size)
{
	for (size_t i = p->view + 1; i-- > 0;) {
		struct field *f = shape_field(p->views[i], name);
		if (f) {
			f->used = true;
			snprintf(expr, size, "v%zu->%s", i, f->name);
			return f;
		}
	}
	die(at, "page '%s' has no field '%s'", p->name, name);
}

static void put_value(struct page *p, struct where at, const char *name)
{
	static const char *const calls[] = {
		[ESCAPE_TEXT] = "esc_text", [ESCAPE_URL] = "esc_url", [ESCAPE_PART] = "esc_part"
	};
	char expr[2 * NAME_MAX_] = "f->brand";
	const char *why;
	enum escape how = place_escape(&p->place, &why);
	enum type type = TYPE_STR;

	if (strcmp(name, "brand") != 0)
		type = resolve(p, at, name, expr, sizeof expr)->type;
	if (why)
		die(at, "{{%s}}: %s", name, why);
	if (type == TYPE_LIST || type == TYPE_FLAG)
		die(at, "{{%s}}: a %s is not shown as it is", name, type == TYPE_LIST ? "list" : "flag");
	lit_flush(p);
	if (type == TYPE_INT)
		fprintf(out_c, "\tbuf_int(o, %s);\n", expr);
	else
		fprintf(out_c, "\t%s(o, %s);\n", calls[how], expr);
	p->place.started = true;
	p->blank = false;
}

static void put_asset(struct page *p, struct where at, const char *name)
{
	for (size_t i = 0; i < asset_count; i++) {
		if (strcmp(assets[i].name, name) != 0)
			continue;
		if (!place_url(&p->place) || p->place.started)
			die(at, "{{@%s}} is a whole href or src", name);
		lit_flush(p);
		fputs("\tesc_url(o, f->base);\n", out_c);
		lit_put(p, assets[i].path, strlen(assets[i].path));
		p->place.started = true;
		return;
	}
	die(at, "there is no %s/static/%s", ui_dir, name);
}

static void section_open(struct page *p, struct where at, char kind, const char *name)
{
	char expr[2 * NAME_MAX_];
	struct field *f = resolve(p, at, name, expr, sizeof expr);

	if (p->opened == sizeof p->open / sizeof *p->open)
		die(at, "too many sections in each other");
	p->open[p->opened++] = (struct section){ kind, f, p->place, at };
	lit_flush(p);
	if (kind != '#') {
		static const char *const tests[] = { ".n > 0", " != 0", "", "_count > 0" };
		fprintf(out_c, "\tif (%s(%s%s)) {\n", kind == '^' ? "!" : "", expr, tests[f->type]);
		return;
	}
	if (f->type != TYPE_LIST)
		die(at, "{{#%s}}: not a list; write {{?%s}}", name, name);
	if (p->view == DEPTH_MAX)
		die(at, "too many lists in each other");
	size_t n = ++p->view;
	p->views[n] = f->shape;
	fprintf(out_c, "\tfor (size_t i%zu = 0; i%zu < %s_count; i%zu++) {\n", n, n, expr, n);
	fprintf(out_c, "\tconst struct view_%s *v%zu = &%s[i%zu];\n", f->shape->name, n, expr, n);
}

static void section_close(struct page *p, struct where at, const char *name)
{
	if (p->opened == 0)
		die(at, "{{/%s}} closes nothing", name);

	struct section *s = &p->open[--p->opened];
	if (strcmp(s->field->name, name) != 0)
		die(at, "{{/%s}}, but {{%c%s}} of line %d is open", name, s->kind, s->field->name,
		    s->at.line);
	if (!place_same(&s->place, &p->place))
		die(at, "{{%c%s}} of line %d must end at the same place of the HTML as it began", s->kind,
		    name, s->at.line);
	if (s->place.state == PLACE_GAP) /* as it is when the section is left out */
		p->place.state = PLACE_GAP;
	if (s->kind == '#')
		p->view--;
	lit_flush(p);
	fputs("\t}\n", out_c);
}

static void walk(struct page *p, struct where at, const char *text, int depth);

static void take_partial(struct page *p, struct where at, const char *name, int depth)
{
	char path[512];
	size_t size;

	if (depth == DEPTH_MAX)
		die(at, "{{> %s}}: partials in partials without end", name);
	if (!name_good(name) ||
	    snprintf(path, sizeof path, "%s/partials/%s.html", ui_dir, name) >= (int)sizeof path)
		die(at, "{{> %s}}: no name for a partial", name);
	char *text = read_file(path, &size);
	walk(p, (struct where){ path, 1 }, text, depth + 1);
	free(text);
}

static void tag(struct page *p, struct where at, char *inside, int depth)
{
	char kind = strchr("#?^/>@!", *inside) && *inside ? *inside++ : ' ';

	if (kind == '!')
		return;
	const char *why = place_break(&p->place);
	if (why)
		die(at, "%s", why);
	inside += strspn(inside, " ");
	inside[strcspn(inside, " ")] = '\0';
	if (kind == '@') {
		put_asset(p, at, inside);
		return;
	}
	if (!name_good(inside))
		die(at, "{{%s}}: not a name; there is no other notation, and no raw output", inside);
	switch (kind) {
	case '#':
	case '?':
	case '^':
		section_open(p, at, kind, inside);
		break;
	case '/':
		section_close(p, at, inside);
		break;
	case '>':
		take_partial(p, at, inside, depth);
		break;
	default:
		put_value(p, at, inside);
	}
}

/* The page's own HTML; line ends and the blanks around them become one line end where they mean nothing. */
static void put_html(struct page *p, struct where *at, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		bool loose =
		    p->place.pre == 0 && (p->place.state == PLACE_TEXT || p->place.state == PLACE_TAG);

		if (c == '\n')
			at->line++;
		if (loose && strchr(" \t\r\n", c)) {
			if (p->blank || (c != '\n' && s[i + strspn(s + i, " \t\r")] == '\n'))
				continue;
			p->blank = c == '\n';
		} else {
			p->blank = false;
		}
		if (place_url(&p->place) && !p->place.started && c == '/' && s[i + 1] != '/') {
			lit_flush(p);
			fputs("\tesc_url(o, f->base);\n", out_c);
		}
		const char *why = place_step(&p->place, c);
		if (why)
			die(*at, "%s", why);
		lit_put(p, &c, 1);
	}
}

static void walk(struct page *p, struct where at, const char *text, int depth)
{
	char inside[256];

	for (;;) {
		const char *open = strstr(text, "{{");
		put_html(p, &at, text, open ? (size_t)(open - text) : strlen(text));
		if (!open)
			return;
		const char *close = strstr(open, "}}");
		if (!close)
			die(at, "this {{ is not closed");
		size_t n = (size_t)(close - open) - 2;
		bool comment = open[2] == '!';
		if (!comment && (n >= sizeof inside || memchr(open, '\n', n + 2)))
			die(at, "{{ and }} stand on one line");
		snprintf(inside, sizeof inside, "%.*s", comment ? 1 : (int)n, open + 2);
		tag(p, at, inside, depth);
		for (; open < close; open++)
			at.line += *open == '\n';
		text = close + 2;
	}
}

/* The {{! view ... }} on top; gives what comes behind it. */
static char *view_take(struct page *p, struct where *at, char *text)
{
	static const char start[] = "{{! view\n";
	char *end = strstr(text, "}}");

	p->views[0] = shape_new(*at, p->name);
	if (strncmp(text, start, sizeof start - 1) != 0 || !end)
		die(*at, "a page begins with {{! view, its fields, one a line, and }}");
	*end = '\0';
	text += sizeof start - 1;
	int lines = 0;
	for (const char *s = text; s < end; s++)
		lines += *s == '\n';
	view_parse(at, &text, p->views[0], false);
	at->line = 2 + lines;
	return end + 2;
}

static void bake_page(const char *name)
{
	struct page p = { .blank = true };
	size_t size;

	snprintf(p.name, sizeof p.name, "%s", name);
	if (snprintf(p.path, sizeof p.path, "%s/pages/%s.html", ui_dir, name) >= (int)sizeof p.path)
		die((struct where){ name, 0 }, "path too long");
	struct where at = { p.path, 1 };
	char *text = read_file(p.path, &size);
	if (strlen(text) != size)
		die(at, "a NUL stands in the page");
	char *html = view_take(&p, &at, text);

	view_declare(at, out_h, p.views[0]);
	fprintf(out_c,
	    "static void write_%s(struct buf *o, const struct page_frame *f, const struct view_%s *v0)\n{\n",
	    name, name);
	fputs("\t(void)f;\n\t(void)v0;\n", out_c);
	walk(&p, at, html, 0);
	if (p.opened)
		die(p.open[p.opened - 1].at, "{{%c%s}} is not closed", p.open[p.opened - 1].kind,
		    p.open[p.opened - 1].field->name);
	if (p.place.state != PLACE_TEXT || p.place.pre || p.place.script)
		die(at, "the page ends inside a tag or element <%s>", p.place.element);
	lit_flush(&p);
	fputs("}\n\n", out_c);
	view_check_used(p.path, p.views[0]);
	free(p.lit);
	free(text);
}

/* --- static files */

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

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(types[i][0], ext))
			return types[i][1];
	return NULL;
}

static void load_asset(const char *name)
{
	char path[512];
	const char *dot = strrchr(name, '.');
	struct asset *a = &assets[asset_count];

	if (snprintf(path, sizeof path, "%s/static/%s", ui_dir, name) >= (int)sizeof path ||
	    strlen(name) >= sizeof a->name)
		die((struct where){ name, 0 }, "name too long");
	struct where at = { path, 0 };
	if (asset_count == ASSETS_MAX)
		die(at, "more than %d static files", ASSETS_MAX);
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.")] || !dot)
		die(at, "static files are named [a-z0-9-] and one extension");
	a->type = type_of(dot + 1);
	if (!a->type)
		die(at, "no media type is known for .%s", dot + 1);
	a->bytes = read_file(path, &a->size);
	snprintf(a->name, sizeof a->name, "%s", name);
	unsigned long long hash = hash_of(a->bytes, a->size);
	snprintf(a->hash, sizeof a->hash, "%016llx", hash);
	snprintf(a->path, sizeof a->path, "/static/%.*s.%016llx%s", (int)(dot - name), name, hash, dot);
	asset_count++;
}

static void put_assets(void)
{
	fputs("const struct ui_asset ui_assets[] = {\n", out_c);
	for (size_t i = 0; i < asset_count; i++) {
		const struct asset *a = &assets[i];
		fprintf(out_c,
		    "\t{ S_INIT(\"%s\"), S_INIT(\"%s\"), S_INIT(\"%s\"), S_INIT(\"\\\"%s\\\"\"),\n\t  "
		    "S_INIT(",
		    a->name, a->path, a->type, a->hash);
		put_literal(out_c, a->bytes, a->size);
		fputs(") },\n", out_c);
	}
	fputs("};\n", out_c);
	fprintf(out_c, "const size_t ui_asset_count = %zu;\n", asset_count);
}

/* --- all of it */

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.' && d->d_name[strlen(d->d_name) - 1] != '~';
}

/* Calls each(name) for the files of a folder in a fixed order; with an extension, only those, without it. */
static void each_file(const char *folder, const char *ext, void (*each)(const char *name))
{
	char path[512];
	struct dirent **names;

	snprintf(path, sizeof path, "%s/%s", ui_dir, folder);
	int n = scandir(path, &names, visible, alphasort);
	if (n < 0)
		die((struct where){ path, 0 }, "%s", strerror(errno));
	for (int i = 0; i < n; i++) {
		char *name = names[i]->d_name, *dot = strrchr(name, '.');
		if (ext && (!dot || strcmp(dot + 1, ext) != 0))
			die((struct where){ path, 0 }, "%s: only .%s files belong here", name, ext);
		if (ext)
			*dot = '\0';
		each(name);
		free(names[i]);
	}
	free(names);
}

static void list_page(const char *name)
{
	if (page_count == PAGES_MAX || !name_good(name) || strlen(name) >= NAME_MAX_)
		die((struct where){ name, 0 }, "no name for a page, or more than %d pages", PAGES_MAX);
	snprintf(page_names[page_count++], NAME_MAX_, "%s", name);
}

static const char *upper(const char *name)
{
	static char big[NAME_MAX_];

	for (size_t i = 0; i < sizeof big; i++)
		if (!(big[i] = (char)toupper((unsigned char)name[i])))
			break;
	return big;
}

static void put_dispatch(void)
{
	fputs("void page_write_framed(struct buf *out, const struct page_frame *frame, int page, const void "
	      "*view)\n{\n"
	      "\tswitch (page) {\n",
	    out_c);
	for (size_t i = 0; i < page_count; i++)
		fprintf(out_c, "\tcase PAGE_%s:\n\t\twrite_%s(out, frame, view);\n\t\tbreak;\n",
		    upper(page_names[i]), page_names[i]);
	fputs("\tdefault:\n\t\tbreak;\n\t}\n}\n\n"
	      "void page_write(struct buf *out, int page, const void *view)\n{\n"
	      "\tstatic const struct page_frame frame = { S_INIT(\"\"), S_INIT(\"Gatehouse\") };\n\n"
	      "\tpage_write_framed(out, &frame, page, view);\n}\n\n",
	    out_c);
}

static void put_header(void)
{
	fputs("enum page {\n\tPAGE_NONE,\n", out_h);
	for (size_t i = 0; i < page_count; i++)
		fprintf(out_h, "\tPAGE_%s,\n", upper(page_names[i]));
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
	    out_h);
}

static FILE *create(const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	if (!f)
		die((struct where){ path, 0 }, "%s", strerror(errno));
	return f;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: bake_ui OUT_DIR UI_DIR\n", stderr);
		return 2;
	}
	size_t n = strlen(argv[2]);
	while (n > 1 && argv[2][n - 1] == '/')
		argv[2][--n] = '\0';
	ui_dir = argv[2];
	out_h = create(argv[1], "ui_gen.h");
	out_c = create(argv[1], "ui_gen.c");
	fputs("/* Made by tools/bake_ui.c. */\n#ifndef UI_GEN_H\n#define UI_GEN_H\n\n#include "
	      "\"base/buf.h\"\n\n",
	    out_h);
	fputs("/* Made by tools/bake_ui.c. */\n#include \"ui_gen.h\"\n#include \"web/esc.h\"\n\n", out_c);
	each_file("static", NULL, load_asset);
	each_file("pages", "html", list_page);
	for (size_t i = 0; i < page_count; i++)
		bake_page(page_names[i]);
	put_dispatch();
	put_assets();
	put_header();
	if (ferror(out_c) || ferror(out_h) || fclose(out_c) || fclose(out_h)) {
		fputs("bake_ui: cannot write\n", stderr);
		return 1;
	}
	return 0;
}
