#define PGSQL_LIB_OWN_NAMES
#include "store/db_pgsql_lib.h"

#include "store/driver.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

struct pgsql_lib pgsql_lib;
static bool loaded;

static void load(void)
{
	void *lib = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL), *p;

	if (!lib)
		return;
	loaded = true;
	/* A pointer to a function is not a void *, although POSIX makes it one here. */
#define X(name)                \
	p = dlsym(lib, #name); \
	loaded = loaded && p;  \
	memcpy(&pgsql_lib.name, &p, sizeof p);
	PGSQL_FUNCTIONS(X)
#undef X
}

enum err pgsql_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, load);
	if (loaded)
		return OK;
	return db_fail(
	    NULL, ERR_STORE, "PostgreSQL's library libpq.so.5 is not installed; run: apt install libpq5");
}
