/*
 * config_bind: gatehouse.yml, the environment and the flags into a struct config. Pure: files and variables come through
 * a port. The first thing that is wrong ends it, with one sentence that names the place and says what to do.
 */
#ifndef CORE_CONFIG_BIND_H
#define CORE_CONFIG_BIND_H

#include "base/yaml.h"
#include "core/config.h"

/* The outside. */
struct config_port {
	/* The value of a variable; p == NULL when it is not set. */
	str (*env)(void *arg, str name);
	/* A whole file, relative paths being relative to the directory of `from`; false with a short phrase in *why. */
	bool (*read)(void *arg, struct arena *mem, str from, str path, str *text, str *why);
	/* The files that fit a pattern, in order, relative to the directory of `from`; none is fine. */
	bool (*match)(
	    void *arg, struct arena *mem, str from, str pattern, const str **paths, size_t *count, str *why);
	void *arg;
};

/* "--listen" and its value. */
struct config_flag {
	str name, value;
};

struct config_input {
	struct config_port port;
	str file; /* name of the file, for messages; empty: none, all defaults */
	str text; /* its contents */
	const struct config_flag *flags;
	size_t flag_count;
};

/* What is wrong: "gatehouse.yml:3:7: ..." with the place in front, ready to print. */
struct config_problem {
	str text;
};

/* Fills *out, everything in mem. ERR_PARAM_VALUE with *problem set when something is wrong. */
CHECKED enum err config_bind(
    struct arena *mem, const struct config_input *in, struct config *out, struct config_problem *problem);

/* A path that stands in the file `from`: relative to its directory. "/x", and what stands in no file, as they are. */
str config_beside(struct arena *mem, str from, str path);

#endif
