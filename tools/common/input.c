/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"

static int fill(int fd, char *buffer, size_t cap, size_t *len)
{
    ssize_t n = 1;

    for (*len = 0; n > 0 && *len<cap; *len += n> 0 ? (size_t)n : 0)
        do
            n = read(fd, buffer + *len, cap - *len);
        while (n < 0 && errno == EINTR);
    return n >= 0;
}

int bc_input(const char *path, size_t max, char **data, size_t *len)
{
    int standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char *buffer = fd < 0 ? NULL : malloc(max + 2);
    int good = buffer && fill(fd, buffer, max + 1, len);
    int code = good ? 0
                    : bc_message_fail(errno == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED,
                                      "%s: %s", path, strerror(errno));

    if (fd >= 0 && !standard)
        close(fd);
    if (!code && *len > max)
        code = bc_message_fail(BC_EXIT_REFUSED, "%s: larger than %zu bytes", path, max);
    if (code) {
        free(buffer);
        return code;
    }
    buffer[*len] = '\0';
    *data = buffer;
    return 0;
}
