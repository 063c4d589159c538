/* SPDX-License-Identifier: BSD-2-Clause */

/* Opens and closes an environment from several processes at once, with LMDB's own lock, until it
 * fails. Prints how many opens failed with EINVAL, of how many: the race that our own lock must keep
 * out of logins. */

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 3
#define OPENS 500
#define ROUNDS 200 /* at most: the race is one of chance */

static int open_once(MDB_env *env, const char *path)
{
    MDB_txn *txn;
    int rc = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_RDONLY, 0600);

    if (rc == 0)
        rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (rc == 0)
        mdb_txn_abort(txn);
    return rc;
}

static int open_often(const char *path)
{
    int failed = 0;

    for (int i = 0; i < OPENS; i++) {
        MDB_env *env;
        if (mdb_env_create(&env) != 0)
            return failed;
        failed += open_once(env, path) == EINVAL;
        mdb_env_close(env);
    }
    return failed < 255 ? failed : 255;
}

static int round_of_opens(const char *path)
{
    int failed = 0, status;

    for (int p = 0; p < PROCESSES; p++)
        if (fork() == 0)
            _exit(open_often(path));
    while (wait(&status) > 0)
        failed += WEXITSTATUS(status);
    return failed;
}

int main(int argc, char **argv)
{
    int version[3], failed = 0, rounds = 0;

    if (argc != 2)
        return 2;
    (void)mdb_version(&version[0], &version[1], &version[2]);
    if (access(argv[1], R_OK) == 0)
        while (failed == 0 && rounds++ < ROUNDS)
            failed = round_of_opens(argv[1]);
    (void)printf("LMDB %d.%d.%d: %d of %d opens failed with EINVAL\n", version[0], version[1],
                 version[2], failed, rounds * PROCESSES * OPENS);
    return 0;
}
