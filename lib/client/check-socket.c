/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/check-socket.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int bc_check_socket_needed(void)
{
    return geteuid() != 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static int socket_trusted(uid_t *owner)
{
    struct stat st, folder;

    if (lstat(BC_SERVICE_SOCKET, &st) != 0 || !S_ISSOCK(st.st_mode) ||
        lstat(BC_SERVICE_FOLDER, &folder) != 0 || !S_ISDIR(folder.st_mode))
        return 0;
    *owner = st.st_uid;
    return folder.st_uid == 0 && !(folder.st_mode & 022);
}

/* Who listens is whoever bound the socket: root, or its owner. */
static int connect_to(int fd, uid_t owner)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = BC_SERVICE_SOCKET};
    struct ucred server = {.uid = (uid_t)-1};
    socklen_t len = sizeof server;

    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &len) == 0 &&
           (server.uid == 0 || server.uid == owner);
}

int bc_check_socket_connect(const char **call)
{
    uid_t owner;
    int fd;

    errno = EPERM; /* where no call fails, but an owner is wrong */
    *call = BC_SERVICE_SOCKET;
    if (!socket_trusted(&owner))
        return -1;
    *call = "socket";
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    *call = "connect";
    if (connect_to(fd, owner))
        return fd;
    (void)close(fd);
    return -1;
}
