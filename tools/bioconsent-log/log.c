/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/last-seen.h"

void bc_log_load_config(struct bc_log *log)
{
    struct bc_ini_file_error err = {.line = 0};
    const struct passwd *pw;
    enum bc_result r;

    if (log->policy_loaded)
        return;
    log->owner = geteuid();
    if (log->owner == 0) {
        pw = getpwnam(BC_SERVICE_USER);
        if (!pw)
            bc_message_die(BC_EXIT_NOT_FOUND, "there is no user %s; run: bioconsent init",
                           BC_SERVICE_USER);
        log->owner = pw->pw_uid;
    }
    r = bc_config_load(log->config, log->owner, &log->policy, &err);
    if (r == BC_ERR_NOT_FOUND)
        bc_message_die(BC_EXIT_NOT_FOUND, "%s: %s; run: bioconsent init",
                       err.where.path[0] ? err.where.path : log->config, bc_result_text(r));
    if (r != BC_OK)
        bc_message_die_ini_file(r, &err, log->config);
    log->policy_loaded = 1;
}

static void say_waiting(void *ctx, int pid)
{
    (void)ctx;
    (void)fprintf(
        stderr, "bioconsent-log: waiting for another process (%d) to finish with the store\n", pid);
}

void bc_log_open_store(struct bc_log *log, struct bc_snapshot *s)
{
    struct bc_store_options options = {.wait_ms = BC_STORE_WRITER_WAIT_MS, .waiting = say_waiting};
    struct bc_where where = {""};
    struct bc_store *store = NULL;
    struct bc_last_seen_mark mark;
    int newer, state = -1;
    enum bc_result r;

    bc_log_load_config(log);
    options.folder = log->policy.store_path;
    options.owner = log->owner;
    options.group = (gid_t)-1;
    r = bc_store_open(&options, BC_STORE_READ, &store, &where);
    if (r == BC_OK)
        r = bc_snapshot_open(store, &log->policy, s);
    if (r == BC_OK)
        r = bc_snapshot_clock(s, &log->policy, log->now);
    if (r == BC_OK)
        r = bc_file_open_folder(log->policy.state_path, log->owner, 0, &state, &where);
    /* Nothing is recorded as seen: that is for those who decide by the store. */
    if (r == BC_OK)
        r = bc_last_seen_compare(state, s, &mark, &newer);
    if (r == BC_ERR_UNTRUSTED && geteuid() != 0)
        bc_message_die(BC_EXIT_REFUSED, "%s: only root, or its owner, may read the store",
                       where.path);
    if (r != BC_OK)
        bc_message_die_result(r, "store", where.path);
    (void)close(state);
}

enum bc_result bc_log_read_note(int folder, const char *name, struct bc_log_note *out)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const char *end;
    char *data;
    size_t len;
    enum bc_result r;

    if (fd < 0)
        return errno == ENOENT ? BC_ERR_NOT_FOUND : BC_ERR_IO;
    r = bc_file_read_open(fd, sizeof out->bytes, &data, &len);
    (void)close(fd);
    if (r != BC_OK)
        return r;
    memcpy(out->bytes, data, len);
    out->len = len;
    end = memmem(data, len, "\n\n", 2);
    out->text_len = end ? (size_t)(end + 1 - data) : 0;
    free(data);
    return BC_OK;
}
