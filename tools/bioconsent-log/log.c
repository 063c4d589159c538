/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/last-seen.h"

int bc_log_policy(struct bc_log *log)
{
    struct bc_ini_file_error err = {.line = 0};
    const struct passwd *pw;
    enum bc_result r;

    if (log->policy_loaded)
        return 0;
    log->owner = geteuid();
    if (log->owner == 0) {
        pw = getpwnam(BC_SERVICE_USER);
        if (!pw)
            return bc_message_fail(BC_EXIT_NOT_FOUND, "there is no user %s; run: bioconsent init",
                                   BC_SERVICE_USER);
        log->owner = pw->pw_uid;
    }
    r = bc_config_load(log->config, log->owner, &log->policy, &err);
    if (r == BC_ERR_NOT_FOUND)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "%s: %s; run: bioconsent init",
                               err.where.path[0] ? err.where.path : log->config, bc_result_text(r));
    if (r != BC_OK)
        return bc_message_fail_ini_file(r, &err, log->config);
    log->policy_loaded = 1;
    return 0;
}

static void say_waiting(void *ctx, int pid)
{
    (void)ctx;
    (void)fprintf(
        stderr, "bioconsent-log: waiting for another process (%d) to finish with the store\n", pid);
}

/* Whether the snapshot follows what this host has seen. Nothing is recorded: that is for those who
 * decide by the store. */
static enum bc_result compare_seen(const struct bc_log *log, struct bc_snapshot *s,
                                   struct bc_where *where)
{
    struct bc_last_seen_mark mark;
    enum bc_result result;
    int newer, state;
    enum bc_result r = bc_file_open_folder(log->policy.state_path, log->owner, 0, &state, where);

    if (r != BC_OK)
        return r;
    result = bc_last_seen_compare(state, s, &mark, &newer);
    (void)close(state);
    return result;
}

int bc_log_store(struct bc_log *log, struct bc_snapshot *s)
{
    struct bc_store_options options = {.wait_ms = BC_STORE_WRITER_WAIT_MS, .waiting = say_waiting};
    struct bc_where where = {""};
    struct bc_store *store = NULL;
    enum bc_result result;
    int code = bc_log_policy(log);

    if (code)
        return code;
    options.folder = log->policy.store_path;
    options.owner = log->owner;
    options.group = (gid_t)-1;
    result = bc_store_open(&options, BC_STORE_READ, &store, &where);
    if (result == BC_OK)
        result = bc_snapshot_open(store, &log->policy, s);
    if (result == BC_OK)
        result = bc_snapshot_clock(s, &log->policy, log->now);
    if (result == BC_OK)
        result = compare_seen(log, s, &where);
    if (result == BC_OK)
        return 0;
    bc_store_close(store);
    if (result == BC_ERR_UNTRUSTED && geteuid() != 0)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: only root, or its owner, may read the store",
                               where.path);
    return bc_message_fail_result(result, "store", where.path);
}
