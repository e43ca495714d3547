#include "fixture.h"

#include "base/log.h"
#include "sql_gen.h"
#include "store/driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *dirs[4096];
static size_t dir_count;
static struct arena *arenas[4096];
static size_t arena_count;
static pid_t owner; /* the process that cleans up; children of fork do not */
static pid_t server;
static const char *server_dir;
static int serial;

static void die(const char *what)
{
	fprintf(stderr, "fixture: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int drop_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void clean(void)
{
	if (getpid() != owner)
		return;
	if (server > 0) {
		kill(server, SIGQUIT);
		waitpid(server, NULL, 0);
	}
	for (size_t i = 0; i < arena_count; i++)
		arena_unref(arenas[i]);
	for (size_t i = 0; i < dir_count; i++) {
		nftw(dirs[i], drop_one, 16, FTW_DEPTH | FTW_PHYS);
		free(dirs[i]);
	}
}

/* What tests make the store refuse, it would say in the log; with GATEHOUSE_TEST_LOG set it may. */
void fixture_quiet(void)
{
	if (!getenv("GATEHOUSE_TEST_LOG"))
		log_set_level(LOG_LEVEL_ERROR + 1);
}

static void begin(void)
{
	if (owner)
		return;
	owner = getpid();
	atexit(clean);
}

const char *fixture_dir(void)
{
	const char *base = getenv("TMPDIR");
	char path[256];

	begin();
	snprintf(path, sizeof path, "%s/gatehouse-test-XXXXXX", base && strlen(base) < 60 ? base : "/tmp");
	if (!mkdtemp(path) || dir_count == COUNT(dirs))
		die("mkdtemp");
	return dirs[dir_count++] = strdup(path);
}

struct arena *fixture_arena(void)
{
	begin();
	if (arena_count == COUNT(arenas))
		die("too many arenas");
	return arenas[arena_count++] = arena_new((size_t)16 << 20);
}

/* ---- the server ---- */

static const char *server_tool(const char *name)
{
	static char path[512];
	glob_t g;

	snprintf(path, sizeof path, "/usr/lib/postgresql/*/bin/%s", name);
	if (glob(path, 0, NULL, &g) == 0) {
		snprintf(path, sizeof path, "%s", g.gl_pathv[g.gl_pathc - 1]);
		globfree(&g);
	} else {
		snprintf(path, sizeof path, "%s", name); /* then it is in PATH */
	}
	return path;
}

/* PostgreSQL refuses to run as root, so its directory and process belong to somebody else. */
static const struct passwd *server_user(void)
{
	if (geteuid() != 0)
		return NULL;
	const struct passwd *p = getpwnam("postgres");
	return p ? p : getpwnam("nobody");
}

static pid_t spawn(const char *const *argv)
{
	const struct passwd *user = server_user();
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	if (user && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	int null = open("/dev/null", O_RDWR);
	char log[512];
	snprintf(log, sizeof log, "%s/log", server_dir);
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (chdir("/") != 0)
		_exit(126);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void make_cluster(void)
{
	const struct passwd *user = server_user();
	char data[512], tool[512];
	int status;

	server_dir = fixture_dir();
	if (user && chown(server_dir, user->pw_uid, user->pw_gid) != 0)
		die("chown");
	snprintf(data, sizeof data, "%s/data", server_dir);
	snprintf(tool, sizeof tool, "%s", server_tool("initdb"));
	pid_t pid = spawn((const char *const[]){ tool, "-D", data, "-U", "gatehouse", "-A", "trust", "-N",
	    "-E", "UTF8", "--locale=C.UTF-8", NULL });
	if (waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "fixture: initdb failed; is postgresql installed? see %s/log\n", server_dir);
		_exit(1); /* keeps the log */
	}
}

static void server_url(char *to, size_t n, const char *name)
{
	snprintf(to, n, "postgres://gatehouse@/%s?host=%s", name, server_dir);
}

void server_start(void)
{
	char data[512], tool[512], url[512];

	begin();
	if (!server_dir)
		make_cluster();
	snprintf(data, sizeof data, "%s/data", server_dir);
	snprintf(tool, sizeof tool, "%s", server_tool("postgres"));
	server = spawn((const char *const[]){ tool, "-D", data, "-k", server_dir, "-c",
	    "listen_addresses=", "-c", "max_connections=40", "-c", "shared_buffers=16MB", NULL });
	server_url(url, sizeof url, "postgres");
	for (int i = 0; i < 1200 && PQping(url) != PQPING_OK; i++) {
		if (waitpid(server, NULL, WNOHANG) == server) {
			fprintf(stderr, "fixture: postgres ended; see %s/log\n", server_dir);
			_exit(1);
		}
		usleep(25000);
	}
}

void server_crash(void)
{
	if (server <= 0 || kill(server, SIGQUIT) != 0 || waitpid(server, NULL, 0) != server)
		die("stopping the server");
	server = 0;
}

static void signal_children(pid_t of, int signal)
{
	char path[64];
	int pid;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)of, (int)of);
	FILE *f = fopen(path, "r");
	while (f && fscanf(f, "%d", &pid) == 1)
		(void)kill(pid, signal);
	if (f)
		(void)fclose(f);
}

void server_freeze(bool frozen)
{
	int signal = frozen ? SIGSTOP : SIGCONT;

	if (server <= 0 || kill(server, signal) != 0)
		die("freezing the server");
	signal_children(server, signal);
}

static void make_database(const char *name)
{
	char url[512], sql[128];

	if (server <= 0)
		server_start();
	server_url(url, sizeof url, "postgres");
	PGconn *c = PQconnectdb(url);
	snprintf(sql, sizeof sql, "CREATE DATABASE %s", name);
	PGresult *r = PQexec(c, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die(PQerrorMessage(c));
	PQclear(r);
	PQfinish(c);
}

/* ---- stores ---- */

const char *store_kind_name(enum store_kind kind)
{
	static const char *const names[] = { "a file", "memory", "PostgreSQL" };

	return names[kind];
}

str store_fresh(enum store_kind kind)
{
	struct arena *mem = fixture_arena();
	char name[32], url[512];

	snprintf(name, sizeof name, "t%d_%d", (int)getpid(), serial++);
	switch (kind) {
	case STORE_FILE:
		return arena_printf(mem, "sqlite:%s/store.db", fixture_dir());
	case STORE_MEMORY:
		return arena_printf(mem, "sqlite::memory:%s", name);
	default:
		make_database(name);
		server_url(url, sizeof url, name);
		return arena_printf(mem, "%s", url);
	}
}

struct db *store_open(str url)
{
	struct db *db = NULL;

	if (db_open(url, DB_WRITE, &db) != OK)
		fail_msg("open: %.*s", FMT(db_why(NULL)));
	if (db_migrate(db) != OK)
		fail_msg("migrate: %.*s", FMT(db_why(db)));
	return db;
}

struct db *store_reader(str url)
{
	struct db *db = NULL;

	if (db_open(url, DB_READ, &db) != OK)
		fail_msg("open: %.*s", FMT(db_why(NULL)));
	return db;
}

/* Through the table meta, so that it works on every engine. */
int64_t store_count(struct db *db, const char *table, const char *where)
{
	struct meta_get_out out;
	struct arena *mem = arena_new(65536);
	char sql[512];
	int64_t n = -1;

	assert_ok(db->driver->script(db, "DELETE FROM meta WHERE name = 'count'"));
	snprintf(sql, sizeof sql,
	    "INSERT INTO meta (name, value) SELECT 'count', CAST(count(*) AS TEXT) FROM %s WHERE %s", table,
	    where);
	assert_ok(db->driver->script(db, sql));
	assert_ok(q_meta_get(db, mem, &(struct meta_get_in){ .name = S("count") }, &out));
	assert_true(str_int(out.value, &n));
	assert_ok(db->driver->script(db, "DELETE FROM meta WHERE name = 'count'"));
	arena_unref(mem);
	return n;
}
