/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

/* A real store with a notice and PEOPLE who consented, made anew for each test; and the ways in for
 * an attacker who may write its files but has no key. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/text.h"
#include "bioconsentd/gate.h"
#include "store/last-seen.h"
#include "store/pending.h"
#include "store/transaction.h"
#include "store/verify.h"

#define NOW INT64_C(1800000000)
#define PEOPLE 40

extern char folder[64];
extern struct bc_config config;
extern struct bc_skey key;
extern struct bc_store_options options;
extern int state_fd;

struct bc_transaction *open_ledger(int64_t now);
void commit(struct bc_transaction *l);
void append_notice(struct bc_transaction *l);
void subject(unsigned i, struct bc_subject *out);
void append_grant(struct bc_transaction *l, unsigned i);
void append_withdrawal(struct bc_transaction *l, unsigned i);
enum bc_reason gate_at(unsigned i, int64_t now);
enum bc_reason gate(unsigned i);

/* The same as a process of its own, as the helper is: BC_REASON_HELPER if it died. */
enum bc_reason gate_in_child(unsigned i);

void path_of(const char *name, char out[PATH_MAX]);
int run(const char *format);
int make_store(void **state);
int end_store(void **state);
struct bc_store *open_raw(void);
void commit_raw(struct bc_store *s);
size_t leaf_key(unsigned i, unsigned char out[BC_LEAF_KEY_MAX]);
enum bc_result audit(void);
void keep_checkpoint(char note[BC_NOTE_MAX], size_t *len);
void put_checkpoint(const char *note, size_t len);
void remove_row(const char *table, unsigned flags, void *row, size_t len);

#define on_a_store(test) cmocka_unit_test_setup_teardown(test, make_store, end_store)

#endif
