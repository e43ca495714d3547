#include "powercut.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	char *p;
	size_t n;
};

struct change {
	struct change *next;
	size_t at, n;
	int truncate;
	char data[];
};

/* One path, whether it is open or not. */
struct image {
	char path[512];
	int exists;
	struct bytes disk;            /* as of the last sync */
	struct change *first, **last; /* since then */
};

struct file {
	sqlite3_file base;
	sqlite3_file *real;
	struct image *image; /* NULL: a temporary file, which nobody looks for after a power cut */
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs vfs;
static struct image images[16];
static size_t image_count, op_count;
static void (*on_op)(size_t);

static void op(void)
{
	op_count++;
	if (on_op)
		on_op(op_count);
}

static struct image *image_of(const char *path)
{
	for (size_t i = 0; i < image_count; i++)
		if (strcmp(images[i].path, path) == 0)
			return &images[i];
	if (image_count == sizeof images / sizeof *images)
		abort();
	struct image *m = &images[image_count++];
	memset(m, 0, sizeof *m);
	(void)snprintf(m->path, sizeof m->path, "%s", path);
	m->last = &m->first;
	return m;
}

static void apply(struct bytes *b, const struct change *c)
{
	size_t end = c->at + c->n;

	if (c->truncate ? c->at != b->n : end > b->n) {
		size_t n = c->truncate ? c->at : end;
		b->p = realloc(b->p, n + 1);
		if (n > b->n)
			memset(b->p + b->n, 0, n - b->n);
		b->n = n;
	}
	if (c->n)
		memcpy(b->p + c->at, c->data, c->n);
}

static void forget(struct image *m)
{
	for (struct change *c = m->first, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	m->first = NULL;
	m->last = &m->first;
}

static void note(struct image *m, size_t at, const void *data, size_t n, int truncate)
{
	if (!m)
		return;
	struct change *c = malloc(sizeof *c + n);
	*c = (struct change){ .at = at, .n = n, .truncate = truncate };
	if (n)
		memcpy(c->data, data, n);
	*m->last = c;
	m->last = &c->next;
}

static struct file *of(sqlite3_file *f)
{
	return (struct file *)(void *)f;
}

/* ---- methods of a file ---- */

static int x_close(sqlite3_file *f)
{
	return of(f)->real->pMethods->xClose(of(f)->real);
}

static int x_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return of(f)->real->pMethods->xRead(of(f)->real, p, n, at);
}

static int x_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	op();
	note(of(f)->image, (size_t)at, p, (size_t)n, 0);
	return of(f)->real->pMethods->xWrite(of(f)->real, p, n, at);
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	op();
	note(of(f)->image, (size_t)n, NULL, 0, 1);
	return of(f)->real->pMethods->xTruncate(of(f)->real, n);
}

static int x_sync(sqlite3_file *f, int flags)
{
	struct image *m = of(f)->image;

	op();
	for (struct change *c = m ? m->first : NULL; c; c = c->next)
		apply(&m->disk, c);
	if (m) {
		m->exists = 1;
		forget(m);
	}
	return of(f)->real->pMethods->xSync(of(f)->real, flags);
}

static int x_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return of(f)->real->pMethods->xFileSize(of(f)->real, n);
}

static int x_lock(sqlite3_file *f, int l)
{
	return of(f)->real->pMethods->xLock(of(f)->real, l);
}

static int x_unlock(sqlite3_file *f, int l)
{
	return of(f)->real->pMethods->xUnlock(of(f)->real, l);
}

static int x_reserved(sqlite3_file *f, int *l)
{
	return of(f)->real->pMethods->xCheckReservedLock(of(f)->real, l);
}

static int x_control(sqlite3_file *f, int o, void *p)
{
	/* Growing a file ahead of its writes would go past us. */
	if (o == SQLITE_FCNTL_SIZE_HINT || o == SQLITE_FCNTL_CHUNK_SIZE || o == SQLITE_FCNTL_MMAP_SIZE)
		return SQLITE_NOTFOUND;
	return of(f)->real->pMethods->xFileControl(of(f)->real, o, p);
}

static int x_sector(sqlite3_file *f)
{
	return of(f)->real->pMethods->xSectorSize(of(f)->real);
}

static int x_device(sqlite3_file *f)
{
	return of(f)->real->pMethods->xDeviceCharacteristics(of(f)->real);
}

static int x_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
	return of(f)->real->pMethods->xShmMap(of(f)->real, page, size, extend, p);
}

static int x_shm_lock(sqlite3_file *f, int from, int n, int flags)
{
	return of(f)->real->pMethods->xShmLock(of(f)->real, from, n, flags);
}

static void x_shm_barrier(sqlite3_file *f)
{
	of(f)->real->pMethods->xShmBarrier(of(f)->real);
}

static int x_shm_unmap(sqlite3_file *f, int drop)
{
	return of(f)->real->pMethods->xShmUnmap(of(f)->real, drop);
}

static const sqlite3_io_methods methods = { 2, x_close, x_read, x_write, x_truncate, x_sync, x_size, x_lock,
	x_unlock, x_reserved, x_control, x_sector, x_device, x_shm_map, x_shm_lock, x_shm_barrier,
	x_shm_unmap, NULL, NULL };

/* ---- methods of the file system ---- */

static int x_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct file *file = of(f);

	(void)v;
	memset(file, 0, sizeof *file);
	file->real = (sqlite3_file *)(void *)(file + 1);
	int rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out);
	if (rc != SQLITE_OK)
		return rc;
	file->base.pMethods = &methods;
	if (name)
		file->image = image_of(name);
	return SQLITE_OK;
}

/*
 * A deletion is there at once or, without a sync of the directory, whenever; here it is at once, which is the
 * harder case.
 */
static int x_delete(sqlite3_vfs *v, const char *name, int sync)
{
	struct image *m = image_of(name);

	(void)v;
	op();
	m->exists = 0;
	m->disk.n = 0;
	forget(m);
	return real_vfs->xDelete(real_vfs, name, sync);
}

static int x_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v;
	return real_vfs->xAccess(real_vfs, name, flags, out);
}

static int x_full(sqlite3_vfs *v, const char *name, int n, char *out)
{
	(void)v;
	return real_vfs->xFullPathname(real_vfs, name, n, out);
}

void powercut_install(void)
{
	real_vfs = sqlite3_vfs_find("unix");
	vfs = *real_vfs;
	vfs.zName = "powercut";
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
	vfs.xOpen = x_open;
	vfs.xDelete = x_delete;
	vfs.xAccess = x_access;
	vfs.xFullPathname = x_full;
	sqlite3_vfs_register(&vfs, 1);
	op_count = 0;
}

void powercut_remove(void)
{
	sqlite3_vfs_unregister(&vfs);
	sqlite3_vfs_register(real_vfs, 1);
	for (size_t i = 0; i < image_count; i++) {
		forget(&images[i]);
		free(images[i].disk.p);
	}
	image_count = 0;
	on_op = NULL;
}

void powercut_on(void (*hook)(size_t count))
{
	on_op = hook;
}

/* A write reaches the disk in sectors, each on its own. */
static void apply_some(struct bytes *b, const struct change *c, unsigned share)
{
	enum { SECTOR = 512 };

	if (c->truncate) {
		if ((unsigned)random() % 100 < share)
			apply(b, c);
		return;
	}
	for (size_t from = 0; from < c->n; from += SECTOR) {
		size_t n = c->n - from < SECTOR ? c->n - from : SECTOR;
		if ((unsigned)random() % 100 >= share)
			continue;
		struct change *part = malloc(sizeof *part + n);
		*part = (struct change){ .at = c->at + from, .n = n };
		memcpy(part->data, c->data + from, n);
		apply(b, part);
		free(part);
	}
}

void powercut_save(const char *dir, unsigned share)
{
	for (size_t i = 0; i < image_count; i++) {
		struct image *m = &images[i];
		char path[600];
		const char *name = strrchr(m->path, '/');
		if (!m->exists && (share == 0 || !m->first))
			continue;
		struct bytes b = { .p = malloc(m->disk.n + 1), .n = m->disk.n };
		memcpy(b.p, m->disk.p ? m->disk.p : "", m->disk.n);
		for (struct change *c = m->first; c; c = c->next)
			apply_some(&b, c, share);
		(void)snprintf(path, sizeof path, "%s%s", dir, name);
		FILE *f = fopen(path, "wb");
		if (!f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f) != 0)
			abort();
		free(b.p);
	}
}
