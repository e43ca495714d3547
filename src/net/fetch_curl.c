#include "net/fetch_curl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADERS_MAX 16384

/*
 * libcurl brings LDAP, Kerberos, SSH and a second TLS library with it: 20 MB and their constructors. So it is not linked
 * but loaded, and only by a job.
 */
struct curl_lib {
	CURLcode (*init)(long flags);
	CURL *(*make)(void);
	CURLcode (*set)(CURL *c, CURLoption option, ...);
	CURLcode (*perform)(CURL *c);
	CURLcode (*info)(CURL *c, CURLINFO info, ...);
	const char *(*words)(CURLcode code);
	struct curl_slist *(*append)(struct curl_slist *list, const char *text);
};

struct get {
	const struct fetch_targets *to;
	struct fetch_told *told;
	char *body;
	size_t max, headers;
	bool too_long, too_many, elsewhere;
};

static bool find(void *lib, const char *name, void *slot)
{
	void *p = dlsym(lib, name);

	/* A pointer to a function is not a void *, although POSIX makes it one here. */
	memcpy(slot, &p, sizeof p);
	return p != NULL;
}

static bool load(struct curl_lib *l)
{
	void *lib = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

	return lib && find(lib, "curl_global_init", &l->init) && find(lib, "curl_easy_init", &l->make) &&
	    find(lib, "curl_easy_setopt", &l->set) && find(lib, "curl_easy_perform", &l->perform) &&
	    find(lib, "curl_easy_getinfo", &l->info) && find(lib, "curl_easy_strerror", &l->words) &&
	    find(lib, "curl_slist_append", &l->append) && l->init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* --- what comes */

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
	struct get *g = arg;

	n *= size;
	if (n > g->max - g->told->body_n) {
		g->too_long = true;
		return 0;
	}
	memcpy(g->body + g->told->body_n, p, n);
	g->told->body_n += (uint32_t)n;
	return n;
}

/* Repeated fields are one with commas between (RFC 9110 section 5.3). What does not fit is cut at the last whole one. */
static void take_field(str value, char *room, size_t size, uint32_t *n)
{
	size_t comma = *n ? 2 : 0;

	if (value.n > size - *n || comma > size - *n - value.n)
		return;
	memcpy(room + *n, ", ", comma);
	memcpy(room + *n + comma, value.p, value.n);
	*n += (uint32_t)(comma + value.n);
}

static void take_named(struct fetch_told *t, str name, str value)
{
	const struct {
		str name;
		char *room;
		size_t size;
		uint32_t *n;
	} fields[] = {
		{ S("content-type"), t->type, sizeof t->type, &t->type_n },
		{ S("cache-control"), t->cache, sizeof t->cache, &t->cache_n },
		{ S("expires"), t->expires, sizeof t->expires, &t->expires_n },
		{ S("date"), t->date, sizeof t->date, &t->date_n },
		{ S("age"), t->age, sizeof t->age, &t->age_n },
	};

	for (size_t i = 0; i < COUNT(fields); i++)
		if (str_ieq(name, fields[i].name))
			take_field(value, fields[i].room, fields[i].size, fields[i].n);
}

static size_t take_header(char *p, size_t size, size_t n, void *arg)
{
	struct get *g = arg;
	str line = str_trim((str){ p, size * n }), name, value;

	g->headers += size * n;
	if (g->headers > HEADERS_MAX) {
		g->too_many = true;
		return 0;
	}
	while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == '\n'))
		line.n--;
	if (str_starts(line, S("HTTP/"))) {
		/* An interim answer's fields are not the answer's (RFC 9110 section 15.2). */
		g->told->type_n = g->told->cache_n = g->told->expires_n = g->told->date_n = g->told->age_n =
		    0;
	} else if (str_cut(line, ':', &name, &value)) {
		take_named(g->told, name, str_trim(value));
	}
	return size * n;
}

/* The last word on where a connection goes: whatever libcurl made of the URL, only to what was judged. */
static curl_socket_t open_socket(void *arg, curlsocktype kind, struct curl_sockaddr *to)
{
	struct get *g = arg;
	struct addr a = addr_of(&to->addr);

	for (size_t i = 0; kind == CURLSOCKTYPE_IPCXN && i < g->to->count; i++)
		if (g->to->list[i].family == a.family && a.port == g->to->port &&
		    memcmp(g->to->list[i].ip, a.ip, a.family == ADDR_IPV4 ? 4 : 16) == 0)
			return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	g->elsewhere = true;
	return CURL_SOCKET_BAD;
}

/* --- the question */

static void pin(const struct fetch_targets *to, char *room, size_t size)
{
	int n = snprintf(room, size, "%.*s:%d:", FMT(to->host), to->port);

	for (size_t i = 0; i < to->count && n > 0 && (size_t)n < size; i++) {
		char text[ADDR_TEXT];
		bool six = to->list[i].family == ADDR_IPV6;
		str a = addr_text(&to->list[i], text);
		n += snprintf(room + n, size - (size_t)n, "%s%s%.*s%s", i ? "," : "", six ? "[" : "", FMT(a),
		    six ? "]" : "");
	}
}

static CURLcode set_limits(const struct curl_lib *l, CURL *c, const struct fetch_ask *ask)
{
	const struct {
		CURLoption option;
		long value;
	} rows[] = {
		{ CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_NOSIGNAL, 1 }, /* the alarm is the job's own */
		{ CURLOPT_TIMEOUT_MS, (long)ask->ms },
		{ CURLOPT_MAXFILESIZE, (long)ask->max },
		{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
		{ CURLOPT_PATH_AS_IS, 1 },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_HTTP_CONTENT_DECODING, 0 },
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_SSL_VERIFYPEER, 1 },
		{ CURLOPT_SSL_VERIFYHOST, 2 },
		{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
		{ CURLOPT_FORBID_REUSE, 1 },
	};
	CURLcode e = CURLE_OK;

	for (size_t i = 0; i < COUNT(rows) && e == CURLE_OK; i++)
		e = l->set(c, rows[i].option, rows[i].value);
	return e;
}

static CURLcode set_up(const struct curl_lib *l, CURL *c, const struct fetch_ask *ask, struct get *g)
{
	char accept[160], pinned[1024];
	struct curl_slist *fields = NULL, *pins = NULL;
	CURLcode e = set_limits(l, c, ask);

	snprintf(accept, sizeof accept, "Accept: %s", ask->accept);
	pin(g->to, pinned, sizeof pinned);
	fields = l->append(NULL, accept);
	if (fields && ask->form[0])
		fields = l->append(fields, "Expect:"); /* a short form is sent at once */
	pins = l->append(NULL, pinned);
	if (e != CURLE_OK || !fields || !pins)
		return CURLE_FAILED_INIT;
	/* No proxy: a proxy would resolve the name itself, and connect to what it finds. */
	bool ok = l->set(c, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	    l->set(c, CURLOPT_PROXY, "") == CURLE_OK && l->set(c, CURLOPT_URL, ask->url) == CURLE_OK &&
	    l->set(c, CURLOPT_HTTPHEADER, fields) == CURLE_OK &&
	    l->set(c, CURLOPT_USERAGENT, "Gatehouse") == CURLE_OK &&
	    l->set(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
	    l->set(c, CURLOPT_OPENSOCKETDATA, g) == CURLE_OK &&
	    l->set(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	    l->set(c, CURLOPT_WRITEDATA, g) == CURLE_OK &&
	    l->set(c, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
	    l->set(c, CURLOPT_HEADERDATA, g) == CURLE_OK;
	if (ok && !g->to->literal)
		ok = l->set(c, CURLOPT_RESOLVE, pins) == CURLE_OK;
	if (ok && ask->form[0]) /* its Content-Type is libcurl's own for a form */
		ok = l->set(c, CURLOPT_POSTFIELDSIZE, (long)strlen(ask->form)) == CURLE_OK &&
		    l->set(c, CURLOPT_POSTFIELDS, ask->form) == CURLE_OK;
	/* In place of the system's bundle; the system's directory of authorities stays. */
	if (ok && ask->authorities[0])
		ok = l->set(c, CURLOPT_CAINFO, ask->authorities) == CURLE_OK;
	return ok ? CURLE_OK : CURLE_FAILED_INIT;
}

static enum fetch_result result_of(CURLcode e, const struct get *g)
{
	if (e == CURLE_OK)
		return FETCH_OK;
	if (g->elsewhere)
		return FETCH_ADDRESS;
	switch (e) {
	case CURLE_URL_MALFORMAT:
		return FETCH_URL;
	case CURLE_COULDNT_RESOLVE_HOST:
		return FETCH_NAME;
	case CURLE_OPERATION_TIMEDOUT:
		return FETCH_TIME;
	case CURLE_FILESIZE_EXCEEDED:
		return FETCH_SIZE;
	case CURLE_WRITE_ERROR:
		return g->too_long ? FETCH_SIZE : FETCH_HTTP;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return FETCH_TLS;
	case CURLE_UNSUPPORTED_PROTOCOL: /* the URL's was looked at before; so this is HTTP/0.9 */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
		return FETCH_HTTP;
	default:
		return FETCH_CONNECT;
	}
}

void fetch_curl(
    const struct fetch_ask *ask, const struct fetch_targets *to, struct fetch_told *told, char *body)
{
	struct get g = { .to = to, .told = told, .body = body, .max = ask->max };
	struct curl_lib lib;
	long status = 0;

	if (!load(&lib)) {
		fetch_say(told, FETCH_GONE, "libcurl.so.4 is not installed; run: apt install libcurl4");
		return;
	}
	CURL *c = lib.make();
	CURLcode e = c ? set_up(&lib, c, ask, &g) : CURLE_FAILED_INIT;
	if (e == CURLE_OK)
		e = lib.perform(c);
	if (e == CURLE_OK)
		e = lib.info(c, CURLINFO_RESPONSE_CODE, &status);
	told->status = (int32_t)status;
	/* Nothing is freed: the process ends here. */
	fetch_say(told, result_of(e, &g),
	    g.too_many          ? "too many header fields"
		: e == CURLE_OK ? ""
				: lib.words(e));
}
