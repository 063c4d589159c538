/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/standard-files.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/message.h"

void bc_standard_files_open(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
        if (fd < 0)
            _exit(BC_EXIT_REFUSED);
    } while (fd <= STDERR_FILENO);
    (void)close(fd);
}
