/* The fetcher against a TLS server on loopback that behaves and misbehaves, and against URLs that must reach nobody. */
#include "base/time.h"
#include "base/unit.h"
#include "net/fetch_wire.h"
#include "net/fetcher.h"
#include "net/thread.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netdb.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const str loopback[] = { S_INIT("127.0.0.0/8"), S_INIT("::1/128") };

static struct {
	struct fetcher fetcher;
	pid_t server;
	int port, old_port;
	char pem[64];
	struct arena *mem;
	int *asked; /* shared with the jobs: how often a name that rebinds was asked for */
} t;

/* --- a server: one process a connection */

static EVP_PKEY *make_key(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	X509_add_ext(x, alt, -1);
	X509_EXTENSION_free(alt);
	X509_sign(x, key, EVP_sha256());
	return x;
}

static void say(SSL *s, const char *text)
{
	(void)SSL_write(s, text, (int)strlen(text));
}

static void send_big(SSL *s)
{
	static char block[65536];
	char size[16];

	say(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	memset(block, 'x', sizeof block);
	for (int i = 0; i < 80; i++) {
		snprintf(size, sizeof size, "%zx\r\n", sizeof block);
		say(s, size);
		if (SSL_write(s, block, sizeof block) <= 0)
			return;
		say(s, "\r\n");
	}
	say(s, "0\r\n\r\n");
}

static void serve_one(SSL *s)
{
	char line[8192] = "";
	int n = SSL_read(s, line, sizeof line - 1), more;

	if (n <= 0)
		return;
	if (strncmp(line, "GET /ok ", 8) == 0) {
		bool asked =
		    strstr(line, "\r\nAccept: application/json\r\n") && !strstr(line, "Accept-Encoding");
		say(s,
		    "HTTP/1.1 103 Early Hints\r\nCache-Control: early\r\n\r\n"
		    "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nCache-Control: "
		    "max-age=60\r\n"
		    "cache-control:  private \r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\n");
		say(s, asked ? "{\"a\":1}" : "{\"a\":0}");
	} else if (strncmp(line, "POST /form ", 11) == 0) {
		char *end;
		while ((!(end = strstr(line, "\r\n\r\n")) || strlen(end + 4) < 4000) &&
		    (size_t)n < sizeof line - 1 &&
		    (more = SSL_read(s, line + n, (int)(sizeof line - 1 - (size_t)n))) > 0)
			n += more;
		bool asked = end && strstr(line, "\r\nContent-Type: application/x-www-form-urlencoded\r\n") &&
		    strstr(line, "\r\nContent-Length: 4002\r\n") && !strstr(line, "\r\nExpect:") &&
		    strncmp(end + 4, "a=bbb", 5) == 0;
		say(s,
		    asked ? "HTTP/1.1 204 No Content\r\n\r\n"
			  : "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
	} else if (strncmp(line, "GET /redirect ", 14) == 0) {
		say(s,
		    "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n");
	} else if (strncmp(line, "GET /big ", 9) == 0) {
		send_big(s);
	} else if (strncmp(line, "GET /long ", 10) == 0) {
		say(s, "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n{");
	} else if (strncmp(line, "GET /drip ", 10) == 0) {
		say(s, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
		for (int i = 0; i < 20 && SSL_write(s, "x", 1) == 1; i++)
			sleep(1);
	} else if (strncmp(line, "GET /fields ", 12) == 0) {
		say(s, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 1000; i++)
			say(s, "X-Field: 0123456789012345678901234567890123456789\r\n");
		say(s, "Content-Length: 0\r\n\r\n");
	} else if (strncmp(line, "GET /noise ", 11) == 0) {
		say(s, "220 mail.example ESMTP\r\n");
	} else if (strncmp(line, "GET /second ", 12) == 0) {
		sleep(1);
		say(s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	}
	SSL_shutdown(s);
}

static int listener(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void serve(int fd, SSL_CTX *ctx)
{
	for (;;) {
		int c = accept(fd, NULL, NULL);
		if (c >= 0 && fork() == 0) {
			SSL *s = SSL_new(ctx);
			SSL_set_fd(s, c);
			if (SSL_accept(s) == 1)
				serve_one(s);
			_exit(0);
		}
		close(c);
	}
}

static SSL_CTX *context(X509 *cert, EVP_PKEY *key, int newest)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, key);
	if (newest) {
		/* TLS 1.1 is only spoken at all at the lowest security level. */
		SSL_CTX_set_security_level(ctx, 0);
		SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(ctx, newest);
	}
	return ctx;
}

static pid_t start_server(void)
{
	EVP_PKEY *key = make_key();
	X509 *cert = make_certificate(key);
	int fd = listener(&t.port), old = listener(&t.old_port), out;

	snprintf(t.pem, sizeof t.pem, "/tmp/gatehouse-fetcher-XXXXXX");
	out = mkstemp(t.pem);
	FILE *file = fdopen(out, "w");
	PEM_write_X509(file, cert);
	fclose(file);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGCHLD, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(old, context(cert, key, TLS1_1_VERSION));
		}
		serve(fd, context(cert, key, 0));
	}
	close(fd);
	close(old);
	X509_free(cert);
	EVP_PKEY_free(key);
	return pid;
}

static int look(const char *name, const char *service, const struct addrinfo *want, struct addrinfo **list);

static int set_up(void **state)
{
	t.asked = mmap(NULL, sizeof *t.asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	holds("memory", t.asked != MAP_FAILED);
	fetch_lookup = look;
	same_err("the fetcher starts", fetcher_start(&t.fetcher), OK);
	t.server = start_server();
	t.mem = arena_new(1 << 20);
	return 0;
}

static int tear_down(void **state)
{
	kill(t.server, SIGKILL);
	waitpid(t.server, NULL, 0);
	unlink(t.pem);
	fetcher_stop(&t.fetcher);
	arena_unref(t.mem);
	return 0;
}

/* --- asking */

static struct fetch_answer ask(const char *path, struct fetch_policy p)
{
	struct fetch_answer a;

	fetcher_fetch(&t.fetcher, arena_printf(t.mem, "https://127.0.0.1:%d%s", t.port, path), &p, t.mem, &a);
	return a;
}

static struct fetch_policy trusting(void)
{
	return (struct fetch_policy){
		.allow = loopback, .allow_count = 2, .authorities = str_of(t.pem), .max = 10240
	};
}

static void expect(const char *sentence, struct fetch_answer a, enum fetch_result want)
{
	if (a.result != want)
		fail_msg("\"%s\": got %s (%.*s), want %s", sentence, fetch_result_name(a.result), FMT(a.why),
		    fetch_result_name(want));
	holds(sentence, want == FETCH_OK || (a.body.n == 0 && a.why.n > 0));
}

static void a_document(void **state)
{
	struct fetch_answer a = ask("/ok", trusting());

	expect("a document", a, FETCH_OK);
	same_int("its status", a.status, 200);
	same("its type", a.type, S("application/json; charset=utf-8"));
	same("its cache rules, those of the interim answer left out", a.cache, S("max-age=60, private"));
	same("its body, not decompressed, no encoding asked for", a.body, S("{\"a\":1}"));
}

static void a_form(void **state)
{
	struct fetch_policy p = trusting();
	static char text[FETCH_FORM_MAX + 1];

	(void)state;
	memset(text, 'b', sizeof text);
	text[0] = 'a';
	text[1] = '=';
	p.form = (str){ text, 4002 };
	struct fetch_answer a = ask("/form", p);
	expect("a form", a, FETCH_OK);
	same_int("was posted as one", a.status, 204);
	p.form.n = FETCH_FORM_MAX + 1;
	expect("one that is too long", ask("/form", p), FETCH_URL);
	p.allow_count = 0;
	p.form.n = 10;
	expect("nor to an address that may not be asked", ask("/form", p), FETCH_ADDRESS);
}

static void answers_that_are_not(void **state)
{
	struct fetch_policy p = trusting();
	struct fetch_answer a = ask("/redirect", p);

	expect("a redirect is an answer", a, FETCH_OK);
	same_int("and is not followed", a.status, 302);
	expect("5 MB in chunks are cut", ask("/big", p), FETCH_SIZE);
	expect("5 MB announced are not waited for", ask("/long", p), FETCH_SIZE);
	expect("too many fields", ask("/fields", p), FETCH_HTTP);
	expect("something else than HTTP", ask("/noise", p), FETCH_HTTP);
	expect("no answer at all", ask("/none", p), FETCH_HTTP);
}

static void five_seconds(void **state)
{
	int64_t begun = time_mono_ms();

	expect("a byte a second", ask("/drip", trusting()), FETCH_TIME);
	int64_t took = time_mono_ms() - begun;
	holds("five seconds in all", took >= 4900 && took < 6500);
}

static void certificates(void **state)
{
	struct fetch_policy p = trusting(), untrusting = { .allow = loopback, .allow_count = 2 };
	struct fetch_answer a;

	expect("a self-signed certificate", ask("/ok", untrusting), FETCH_TLS);
	fetcher_fetch(&t.fetcher, arena_printf(t.mem, "https://localhost:%d/ok", t.port), &p, t.mem, &a);
	expect("a certificate of another host", a, FETCH_TLS);
	fetcher_fetch(&t.fetcher, arena_printf(t.mem, "https://127.0.0.1:%d/ok", t.old_port), &p, t.mem, &a);
	expect("a server that speaks TLS 1.1 at most", a, FETCH_TLS);
}

/* CIMD-01 to CIMD-23, and their kin; with a listener on the port, which must never hear anything. */
static void nobody_is_asked(void **state)
{
	static const struct {
		const char *url;
		enum fetch_result want;
	} rows[] = {
		{ "http://127.0.0.1:%d/c.json", FETCH_URL },
		{ "https://127.0.0.1:%d/c.json", FETCH_ADDRESS },
		{ "https://localhost:%d/c.json", FETCH_ADDRESS },
		{ "https://LocalHost:%d/c.json", FETCH_ADDRESS },
		{ "https://a.localhost:%d/c.json", FETCH_ADDRESS },
		{ "https://[::1]:%d/c.json", FETCH_ADDRESS },
		{ "https://[::ffff:7f00:1]:%d/c.json", FETCH_ADDRESS },
		{ "https://[::ffff:127.0.0.1]:%d/c.json", FETCH_ADDRESS },
		{ "https://2130706433:%d/c.json", FETCH_URL },
		{ "https://0x7f000001:%d/c.json", FETCH_URL },
		{ "https://0177.0.0.1:%d/c.json", FETCH_URL },
		{ "https://127.1:%d/c.json", FETCH_URL },
		{ "https://0.0.0.0:%d/c.json", FETCH_ADDRESS },
		{ "https://0:%d/c.json", FETCH_URL },
		{ "https://localhost.:%d/c.json", FETCH_URL },
		{ "https://127.0.0.1.:%d/c.json", FETCH_URL },
		{ "https://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1:%d/c.json", FETCH_URL },
		{ "https://%%31%%32%%37.0.0.1:%d/c.json", FETCH_URL },
		{ "https://user:pw@127.0.0.1:%d/c.json", FETCH_URL },
		{ "https://169.254.169.254/latest/meta-data/", FETCH_ADDRESS },
		{ "https://[fd00::1]/c.json", FETCH_ADDRESS },
		{ "https://[fe80::1%%25lo]:%d/c.json", FETCH_URL },
		{ "https://[64:ff9b::7f00:1]:%d/c.json", FETCH_ADDRESS },
		{ "https://[2002:7f00:1::]:%d/c.json", FETCH_ADDRESS },
		{ "https://client.example/c.json#frag", FETCH_URL },
		{ "https://client.example/a/../c.json", FETCH_URL },
		{ "https://client.example/a/%%2e%%2e/c.json", FETCH_URL },
		{ "file:///etc/passwd", FETCH_URL },
		{ "gopher://127.0.0.1:25/_x", FETCH_URL },
		{ "https:///c.json", FETCH_URL },
		{ "https://a b/c.json", FETCH_URL },
		{ "https://a..b/c.json", FETCH_URL },
		{ "", FETCH_URL },
	};
	int port, fd = listener(&port);
	struct fetch_policy none = { .max = 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		char url[256];
		struct fetch_answer a;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
		snprintf(url, sizeof url, rows[i].url, port);
#pragma GCC diagnostic pop
		fetcher_fetch(&t.fetcher, str_of(url), &none, t.mem, &a);
		expect(rows[i].url, a, rows[i].want);
	}
	struct pollfd heard = { .fd = fd, .events = POLLIN };
	same_int("nobody has come", poll(&heard, 1, 0), 0);
	close(fd);
}

struct asker {
	struct thread thread;
	struct fetch_answer answer;
	struct arena *mem;
	int64_t took;
};

static void ask_second(void *arg)
{
	struct asker *a = arg;
	struct fetch_policy p = trusting();
	int64_t begun = time_mono_ms();

	fetcher_fetch(
	    &t.fetcher, arena_printf(a->mem, "https://127.0.0.1:%d/second", t.port), &p, a->mem, &a->answer);
	a->took = time_mono_ms() - begun;
}

static void two_at_a_time(void **state)
{
	struct asker all[4] = { 0 };
	int64_t longest = 0;

	for (size_t i = 0; i < COUNT(all); i++) {
		all[i].mem = arena_new(1 << 20);
		all[i].thread = (struct thread){ .name = "asker", .run = ask_second, .arg = &all[i] };
		same_err("a thread", thread_start(&all[i].thread), OK);
	}
	for (size_t i = 0; i < COUNT(all); i++) {
		thread_join(&all[i].thread);
		expect("each of four comes to its turn", all[i].answer, FETCH_OK);
		longest = all[i].took > longest ? all[i].took : longest;
		arena_unref(all[i].mem);
	}
	holds("two of a host at once, so four take two rounds", longest >= 2000 && longest < 4900);
}

/* --- names: what the hostile name server of `look` says depends on the name and on how often it was asked */

static struct addrinfo *link_to(struct addrinfo *next, const char *ip)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *one = NULL;

	if (getaddrinfo(ip, NULL, &hints, &one) != 0)
		abort();
	one->ai_next = next;
	return one;
}

static int look(const char *name, const char *service, const struct addrinfo *want, struct addrinfo **list)
{
	int turn = strncmp(name, "rebind", 6) == 0 ? (*t.asked)++ : 0;
	(void)service, (void)want;

	if (strcmp(name, "rebind.example") ==
	    0) /* CIMDX-03: good to the judge, somewhere else to who connects */
		*list = link_to(NULL, turn == 0 ? "127.0.0.1" : "127.0.0.2");
	else if (strcmp(name, "localhost") == 0)
		*list = link_to(NULL, "127.0.0.1");
	else if (strcmp(name, "both.example") == 0)
		*list = link_to(link_to(NULL, "::1"), "93.184.215.14");
	else if (strcmp(name, "inside.example") == 0)
		*list = link_to(NULL, "10.0.0.1");
	else if (strcmp(name, "metadata.example") == 0)
		*list = link_to(NULL, "169.254.169.254");
	else
		return EAI_NONAME;
	return 0;
}

static struct fetch_answer ask_name(const char *name, struct fetch_policy p)
{
	struct fetch_answer a;

	fetcher_fetch(&t.fetcher, arena_printf(t.mem, "https://%s:%d/ok", name, t.port), &p, t.mem, &a);
	return a;
}

static void CIMDX_03_names_are_judged_once_and_pinned(void **state)
{
	static const str only_one[] = { S_INIT("127.0.0.1/32") };
	struct fetch_policy p = trusting(), none = { .max = 0 };

	expect("a public address beside an inside one", ask_name("both.example", none), FETCH_ADDRESS);
	expect("an inside address", ask_name("inside.example", none), FETCH_ADDRESS);
	expect("the clouds' own", ask_name("metadata.example", none), FETCH_ADDRESS);
	expect("no such name", ask_name("nowhere.example", none), FETCH_NAME);
	expect("loopback by a name", ask_name("rebind.example", none), FETCH_ADDRESS);
	*t.asked = 0;
	p.allow = only_one;
	p.allow_count = 1;
	/* that the certificate is read, and is of no such name, says that 127.0.0.1 was asked: nothing listens on 127.0.0.2 */
	expect(
	    "the address that was judged is the one that is asked", ask_name("rebind.example", p), FETCH_TLS);
	same_int("and the name server was asked once", *t.asked, 1);
	expect("its next answer is judged like the first", ask_name("rebind.example", p), FETCH_ADDRESS);
}

/* --- its end */

/* The process that the watcher has started. */
static pid_t sitter(void)
{
	char path[64], line[32] = "";

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", t.fetcher.child.pid, t.fetcher.child.pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return 0;
	(void)fgets(line, sizeof line, f);
	fclose(f);
	return (pid_t)atoi(line);
}

static void kill_it(void *arg)
{
	usleep(300000);
	kill(*(pid_t *)arg, SIGKILL);
}

static void the_fetcher_dies_and_is_started_again(void **state)
{
	pid_t first = sitter();
	struct thread killer = { .name = "killer", .run = kill_it, .arg = &first };
	int64_t begun = time_mono_ms();

	holds("there is one", first > 0);
	same_err("a thread", thread_start(&killer), OK);
	expect("who waits is told at once", ask("/drip", trusting()), FETCH_GONE);
	thread_join(&killer);
	holds("without waiting", time_mono_ms() - begun < 2000);
	expect("who comes later is served by the next", ask("/ok", trusting()), FETCH_OK);
	holds("which is another", sitter() > 0 && sitter() != first);
	for (int i = 0; i < 3; i++) {
		kill(sitter(), SIGKILL);
		expect("and so on", ask("/ok", trusting()), FETCH_OK);
	}
}

/* It neither answers nor ends by itself. */
static void a_fetcher_that_was_stopped_is_replaced(void **state)
{
	pid_t first = sitter();
	int64_t begun = time_mono_ms();

	holds("there is one", first > 0 && kill(first, SIGSTOP) == 0);
	expect("who comes then is served by the next", ask("/ok", trusting()), FETCH_OK);
	holds("in time", time_mono_ms() - begun < 5000);
	holds("which is another", sitter() > 0 && sitter() != first);
}

static void no_descriptor_is_left(void **state)
{
	struct rlimit old, none;

	holds("limits", getrlimit(RLIMIT_NOFILE, &old) == 0);
	none = (struct rlimit){ 3, old.rlim_max };
	holds("none is left", setrlimit(RLIMIT_NOFILE, &none) == 0);
	struct fetch_answer a = ask("/ok", trusting());
	holds("they are there again", setrlimit(RLIMIT_NOFILE, &old) == 0);
	expect("it is our want, and no end of the fetcher", a, FETCH_BUSY);
	same("says why", a.why, S("no file descriptor is left"));
	expect("and passes", ask("/ok", trusting()), FETCH_OK);
}

/* Last: nobody starts the watcher again, and no question hangs because of it. */
static void the_watcher_dies(void **state)
{
	pid_t child = sitter(), watcher = t.fetcher.child.pid;
	struct thread killer = { .name = "killer", .run = kill_it, .arg = &watcher };
	int64_t begun = time_mono_ms();

	same_err("a thread", thread_start(&killer), OK);
	expect("who waits is told at once", ask("/drip", trusting()), FETCH_GONE);
	thread_join(&killer);
	expect("so is who comes later", ask("/ok", trusting()), FETCH_GONE);
	holds("without waiting", time_mono_ms() - begun < 2000);
	for (int i = 0; i < 100 && kill(child, 0) == 0; i++)
		usleep(20000);
	holds("the fetcher goes with it", kill(child, 0) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document),
		cmocka_unit_test(a_form),
		cmocka_unit_test(answers_that_are_not),
		cmocka_unit_test(certificates),
		cmocka_unit_test(nobody_is_asked),
		cmocka_unit_test(two_at_a_time),
		cmocka_unit_test(five_seconds),
		cmocka_unit_test(CIMDX_03_names_are_judged_once_and_pinned),
		cmocka_unit_test(the_fetcher_dies_and_is_started_again),
		cmocka_unit_test(a_fetcher_that_was_stopped_is_replaced),
		cmocka_unit_test(no_descriptor_is_left),
		cmocka_unit_test(the_watcher_dies),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
