/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/message.h"

char *bc_input(const char *path, size_t max, size_t *len)
{
    int standard = strcmp(path, "-") == 0, saved;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char *data = fd < 0 ? NULL : bc_memory_new(max + 2, 1);
    ssize_t n = -1;

    *len = 0;
    if (data)
        do { /* the last of max + 1 bytes leaves room for none, so that 0 are read */
            n = read(fd, data + *len, max + 1 - *len);
            if (n > 0)
                *len += (size_t)n;
        } while (n > 0 || (n < 0 && errno == EINTR));
    saved = errno;
    if (fd >= 0 && !standard)
        (void)close(fd);
    if (n >= 0)
        return data;
    free(data);
    bc_message_die(saved == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s",
                   standard ? "standard input" : path, strerror(saved));
}
