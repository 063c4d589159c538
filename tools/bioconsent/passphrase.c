/* SPDX-License-Identifier: BSD-2-Clause */
#include "passphrase.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/message.h"

#define PASSPHRASE_MAX 1024

static char *read_line(int fd)
{
    char *line = calloc(1, PASSPHRASE_MAX + 1);
    size_t len = 0;

    while (line && len < PASSPHRASE_MAX && read(fd, line + len, 1) == 1 && line[len] != '\n')
        len++;
    if (line)
        line[len] = '\0';
    if (line && len == PASSPHRASE_MAX) {
        sodium_memzero(line, PASSPHRASE_MAX);
        line[0] = '\0';
    }
    return line;
}

static char *ask(int tty, const char *prompt)
{
    struct termios old, quiet;
    char *line;

    if (tcgetattr(tty, &old) != 0)
        return NULL;
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(tty, TCSAFLUSH, &quiet);
    (void)dprintf(tty, "%s", prompt);
    line = read_line(tty);
    (void)tcsetattr(tty, TCSAFLUSH, &old);
    (void)dprintf(tty, "\n");
    return line;
}

static char *ask_terminal(int confirm)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    char *first, *second;

    if (tty < 0)
        return NULL;
    first = ask(tty, "Passphrase of the signing key: ");
    second = first && confirm ? ask(tty, "The same again: ") : NULL;
    close(tty);
    if (first && confirm && (!second || strcmp(first, second) != 0)) {
        sodium_memzero(first, strlen(first));
        first[0] = '\0';
    }
    bc_passphrase_free(second);
    return first;
}

char *bc_passphrase_read(const char *file, int confirm)
{
    char *phrase = NULL;
    int fd;

    if (!file) {
        phrase = ask_terminal(confirm);
    } else if ((fd = open(file, O_RDONLY | O_CLOEXEC)) >= 0) {
        phrase = read_line(fd);
        close(fd);
    }
    if (phrase && phrase[0])
        return phrase;
    free(phrase);
    (void)bc_message_fail(BC_EXIT_REFUSED,
                          "no passphrase, or the two differ; give one on the terminal, or "
                          "with --passphrase-file FILE");
    return NULL;
}

void bc_passphrase_free(char *passphrase)
{
    if (passphrase)
        sodium_memzero(passphrase, strlen(passphrase));
    free(passphrase);
}
