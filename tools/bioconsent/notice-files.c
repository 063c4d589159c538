/* SPDX-License-Identifier: BSD-2-Clause */
#include "notice-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "session.h"

static struct bc_notice_text *fail(struct bc_notice_text *t, int *code, int how)
{
    *code = how;
    bc_notice_files_free(t);
    return NULL;
}

static struct bc_notice_text *parse(struct bc_notice_text *t, const char *path, int *code)
{
    struct bc_ini_file_error err = {.line = 0};
    enum bc_result r = bc_notice_parse(path, t->text, t->len, &t->file, &err);

    return r == BC_OK ? t : fail(t, code, bc_message_fail_ini_file(r, &err, path));
}

static int read_file(const char *path, struct bc_notice_text *t)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum bc_result r;

    if (fd < 0)
        return bc_message_fail(BC_EXIT_NOT_FOUND, "%s: %s", path, strerror(errno));
    r = bc_file_read_open(fd, BC_NOTICE_FILE_MAX, &t->text, &t->len);
    close(fd);
    if (r == BC_ERR_UNTRUSTED)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: not a regular file", path);
    return r == BC_OK ? 0
                      : bc_message_fail(BC_EXIT_REFUSED, "%s: %s (at most %d bytes)", path,
                                        bc_result_text(r), BC_NOTICE_FILE_MAX);
}

struct bc_notice_text *bc_notice_files_read(const char *path, int *code)
{
    struct bc_notice_text *t = calloc(1, sizeof *t);
    int how = t ? read_file(path, t) : bc_message_fail(BC_EXIT_REFUSED, "no memory");

    return how ? fail(t, code, how) : parse(t, path, code);
}

struct bc_notice_text *bc_notice_files_published(struct bc_snapshot *s, const struct bc_notice *n,
                                                 int *code)
{
    struct bc_notice_text *t = calloc(1, sizeof *t);
    enum bc_result result = t ? bc_current_notice_stored(s, n, &t->text, &t->len) : BC_ERR_SYSTEM;

    if (result != BC_OK)
        return fail(t, code, bc_message_fail_result(result, "notice", n->id));
    return parse(t, n->id, code);
}

void bc_notice_files_free(struct bc_notice_text *t)
{
    if (t)
        free(t->text);
    free(t);
}
