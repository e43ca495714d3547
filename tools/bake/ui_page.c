#include "ui_page.h"

#include <string.h>

#include "ui_asset.h"
#include "ui_place.h"
#include "ui_view.h"

#define DEPTH_MAX 8

/* An open {{#}}, {{?}} or {{^}}. */
struct section {
	char kind;
	struct field *field;
	struct place place;
	struct where at;
};

/* One page on its way to C. */
struct page {
	const char *name, *path;
	const char *in_dir; /* of pages, partials and static files */
	FILE *c;
	struct shape *views[DEPTH_MAX + 1]; /* the page's own, then one an open list */
	size_t view;
	struct section open[DEPTH_MAX * 2];
	size_t opened;
	struct place place;
	bool blank; /* the last byte written was a line's end */
	char *lit;  /* HTML not yet written */
	size_t lit_n, lit_cap;
};

static void lit_flush(struct page *p)
{
	if (p->lit_n == 0)
		return;
	fputs("\tbuf_put(o, S(", p->c);
	put_lines(p->c, p->lit, p->lit_n);
	fputs("));\n", p->c);
	p->lit_n = 0;
}

static void lit_put(struct page *p, const char *s, size_t n)
{
	while (p->lit_n + n > p->lit_cap) {
		p->lit_cap = p->lit_cap ? p->lit_cap * 2 : 4096;
		p->lit = grow(p->lit, p->lit_cap);
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
	char expr[2 * NAME_SIZE] = "f->brand";
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
		fprintf(p->c, "\tbuf_int(o, %s);\n", expr);
	else
		fprintf(p->c, "\t%s(o, %s);\n", calls[how], expr);
	p->place.started = true;
	p->blank = false;
}

static void put_asset(struct page *p, struct where at, const char *name)
{
	const struct asset *a = asset_find(name);

	if (!a)
		die(at, "there is no %s/static/%s", p->in_dir, name);
	if (!place_url(&p->place) || p->place.started)
		die(at, "{{@%s}} is a whole href or src", name);
	lit_flush(p);
	fputs("\tesc_url(o, f->base);\n", p->c);
	lit_put(p, a->path, strlen(a->path));
	p->place.started = true;
}

static void section_open(struct page *p, struct where at, char kind, const char *name)
{
	char expr[2 * NAME_SIZE];
	struct field *f = resolve(p, at, name, expr, sizeof expr);

	if (p->opened == COUNT(p->open))
		die(at, "too many sections in each other");
	p->open[p->opened++] = (struct section){ kind, f, p->place, at };
	lit_flush(p);
	if (kind != '#') {
		static const char *const tests[] = { ".n > 0", " != 0", "", "_count > 0" };
		fprintf(p->c, "\tif (%s(%s%s)) {\n", kind == '^' ? "!" : "", expr, tests[f->type]);
		return;
	}
	if (f->type != TYPE_LIST)
		die(at, "{{#%s}}: not a list; write {{?%s}}", name, name);
	if (p->view == DEPTH_MAX)
		die(at, "too many lists in each other");
	size_t n = ++p->view;
	p->views[n] = f->shape;
	fprintf(p->c, "\tfor (size_t i%zu = 0; i%zu < %s_count; i%zu++) {\n", n, n, expr, n);
	fprintf(p->c, "\tconst struct view_%s *v%zu = &%s[i%zu];\n", f->shape->name, n, expr, n);
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
	fputs("\t}\n", p->c);
}

static void walk(struct page *p, struct where at, const char *text, int depth);

static void take_partial(struct page *p, struct where at, const char *name, int depth)
{
	if (depth == DEPTH_MAX)
		die(at, "{{> %s}}: partials in partials without end", name);
	const char *path = format("%s/partials/%s.html", p->in_dir, name);
	walk(p, (struct where){ path, 1 }, input_read(path, NULL), depth + 1);
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
			fputs("\tesc_url(o, f->base);\n", p->c);
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

void page_bake(const char *in_dir, const char *name, FILE *h, FILE *c)
{
	struct page p = { .name = name, .in_dir = in_dir, .c = c, .blank = true };
	size_t size;

	p.path = format("%s/pages/%s.html", in_dir, name);
	struct where at = { p.path, 1 };
	char *text = input_read(p.path, &size);
	if (strlen(text) != size)
		die(at, "a NUL stands in the page");
	char *html = view_take(&p, &at, text);

	view_declare(at, h, p.views[0]);
	fprintf(c,
	    "static void write_%s(struct buf *o, const struct page_frame *f, const struct view_%s *v0)\n{\n",
	    name, name);
	fputs("\t(void)f;\n\t(void)v0;\n", c);
	walk(&p, at, html, 0);
	if (p.opened)
		die(p.open[p.opened - 1].at, "{{%c%s}} is not closed", p.open[p.opened - 1].kind,
		    p.open[p.opened - 1].field->name);
	if (p.place.state != PLACE_TEXT || p.place.pre || p.place.script)
		die(at, "the page ends inside a tag or element <%s>", p.place.element);
	lit_flush(&p);
	fputs("}\n\n", c);
	view_check_used(p.path, p.views[0]);
}
