/* db_fault: a store that breaks when it is told to. Only tests make one. */
#ifndef STORE_DB_FAULT_H
#define STORE_DB_FAULT_H

#include "store/db.h"

#define FAULT_SEEN_MAX 64

/* Calls that count: each statement, BEGIN, COMMIT, and the savepoints' words. */
struct fault {
	int64_t at; /* the call that fails, from 1; 0: none */
	bool again; /* and all calls after it */
	bool ends;  /* the engine throws the whole transaction away, as SQLite does when the disk is full */
	enum err with;         /* what it says */
	int64_t calls;         /* made so far */
	const char *statement; /* the one that fails whenever it is called, whatever `at` says; NULL: none */
	/* The names of the statements that were called, once each, as many as there is room for. */
	const char *seen[FAULT_SEEN_MAX];
	size_t seen_count;
};

/*
 * A handle over another one, which it then owns. The plan stays the caller's and may be changed between
 * calls.
 */
struct db *db_fault(struct db *inner, struct fault *plan);

#endif
