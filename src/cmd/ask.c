#include "cmd/ask.h"

#include "cmd/local.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)16 << 20)
#define PATIENCE_SECONDS 60

str ask_socket(struct arena *mem, const struct config *config)
{
	if (str_eq(config->data_dir, S("none")))
		return S("");
	return arena_printf(mem, "%.*s/control.sock", FMT(config->data_dir));
}

int ask_connect(struct cli *cli, const struct config *config)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = PATIENCE_SECONDS };
	str path = ask_socket(cli->mem, config);

	if (!path.n || path.n >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, path.p, path.n);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	int error = errno;
	close(fd);
	if (error == EACCES || error == EPERM) {
		(void)cli_failed(
		    "the daemon at %.*s belongs to another user; run this as that user or as root.",
		    FMT(path));
		return -2;
	}
	return -1; /* ENOENT, ECONNREFUSED: nobody listens */
}

static bool send_line(int fd, str op, str args, struct arena *mem)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("op"), op);
	jout_raw(&j, S("args"), args);
	jout_end(&j);
	buf_char(&b, '\n');
	for (str rest = buf_str(&b); rest.n;) {
		ssize_t n = send(fd, rest.p, rest.n, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		rest = str_sub(rest, (size_t)n, rest.n);
	}
	return true;
}

static bool read_line(int fd, struct arena *mem, str *line)
{
	struct buf b = { .mem = mem, .max = ANSWER_MAX };

	for (;;) {
		char *room = buf_room(&b, 16384);
		ssize_t n = room ? recv(fd, room, 16384, 0) : 0;
		if (n <= 0)
			return false;
		b.n += (size_t)n;
		if (room[n - 1] == '\n') {
			*line = str_sub(buf_str(&b), 0, b.n - 1);
			return true;
		}
	}
}

/* The line of app/control.h as an answer. */
static bool take_line(struct arena *mem, str line, struct answer *out)
{
	const struct json *o, *result;

	if (json_parse(mem, line, &o, NULL) != OK || o->type != JSON_OBJECT)
		return false;
	result = json_get(o, S("result"));
	*out = (struct answer){
		.ok = json_get_true(o, S("ok")),
		.daemon = true,
		.result = result,
		.code = json_get_str(o, S("code")),
		.message = json_get_str(o, S("message")),
		.detail = json_get_str(o, S("detail")),
		.data = json_get(o, S("data")),
		.id = json_get_str(o, S("id")),
	};
	if (result)
		out->text = result->text;
	return !out->ok || result;
}

/* Closes fd. */
static int ask_at(int fd, struct cli *cli, str op, str args, struct answer *out)
{
	str line;
	bool fine = send_line(fd, op, args, cli->mem) && read_line(fd, cli->mem, &line) &&
	    take_line(cli->mem, line, out);

	close(fd);
	return fine ? CLI_DONE : cli_failed("the daemon gave no answer; its log may say why.");
}

int ask_op(struct cli *cli, const struct config *config, str op, str args, struct answer *out)
{
	int fd = ask_connect(cli, config);

	if (fd == -2)
		return CLI_FAILED;
	return fd < 0 ? local_op(cli, config, op, args, out) : ask_at(fd, cli, op, args, out);
}

int ask_daemon(struct cli *cli, const struct config *config, str op, str args, struct answer *out)
{
	int fd = ask_connect(cli, config);

	if (fd == -2)
		return CLI_FAILED;
	if (fd < 0)
		return cli_failed("no daemon runs on the data directory %.*s.", FMT(config->data_dir));
	return ask_at(fd, cli, op, args, out);
}

int ask_refused(const struct answer *a)
{
	const struct json *problems =
	    a->data && a->data->type == JSON_ARRAY && a->data->count > 1 ? a->data : NULL;

	if (!problems)
		return cli_failed("%.*s", FMT(a->message));
	for (JSON_EACH(problem, problems))
		(void)cli_failed("--%.*s %.*s.", FMT(json_get_str(problem, S("path"))),
		    FMT(json_get_str(problem, S("problem"))));
	return CLI_FAILED;
}

int ask_resources(struct cli *cli, const struct config *config, const struct json **out)
{
	struct answer a;
	int rc = ask_op(cli, config, S("list_resources"), S("{}"), &a);

	*out = NULL;
	if (rc != CLI_DONE)
		return rc;
	if (!a.ok)
		return ask_refused(&a);
	*out = json_get(a.result, S("resources"));
	return CLI_DONE;
}
