/* SPDX-License-Identifier: BSD-2-Clause */
#include "output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "say.h"

static int write_as(const char *path, const void *data, size_t len, mode_t mode)
{
    struct bc_output out;
    int code = bc_output_begin(path, &out);

    if (code)
        return code;
    if (fwrite(data, 1, len, out.to) != len || fflush(out.to) != 0 ||
        (out.path && fchmod(fileno(out.to), mode) != 0))
        code = bc_fail(BC_EXIT_REFUSED, "%s: %s", out.path ? out.path : "standard output",
                       strerror(errno));
    return bc_output_end(&out, code);
}

int bc_output_public(const char *path, const void *data, size_t len)
{
    return write_as(path, data, len, 0644);
}

int bc_output_write(const char *path, const void *data, size_t len)
{
    return write_as(path, data, len, 0600);
}
