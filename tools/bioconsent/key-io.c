/* SPDX-License-Identifier: BSD-2-Clause */
#include "key-io.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "common/message.h"
#include "proof/key-file.h"

#define PASSPHRASE_MAX 1024

void bc_key_io_free_passphrase(char *passphrase)
{
    if (passphrase)
        sodium_memzero(passphrase, strlen(passphrase));
    free(passphrase);
}

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

static char *ask_passphrase(int tty, const char *prompt)
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

char *bc_key_io_read_passphrase(const char *file, int confirm)
{
    int fd =
        file ? open(file, O_RDONLY | O_CLOEXEC) : open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    char *phrase = NULL, *again = NULL;
    int same = 1;

    if (fd >= 0 && file)
        phrase = read_line(fd);
    else if (fd >= 0)
        phrase = ask_passphrase(fd, "Passphrase of the signing key: ");
    if (phrase && !file && confirm) {
        again = ask_passphrase(fd, "The same again: ");
        same = again && strcmp(phrase, again) == 0;
    }
    if (fd >= 0)
        close(fd);
    bc_key_io_free_passphrase(again);
    if (phrase && phrase[0] && same)
        return phrase;
    bc_key_io_free_passphrase(phrase);
    bc_message_die(BC_EXIT_REFUSED,
                   "no passphrase, or the two differ; give one on the terminal, or "
                   "with --passphrase-file FILE");
}

/* ---- files ---- */

int bc_key_io_write_trusted(const char *path, const void *data, size_t len, mode_t mode)
{
    struct bc_where where = {""};
    char folder[PATH_MAX], name[PATH_MAX];
    int fd;
    enum bc_result r;

    (void)snprintf(folder, sizeof folder, "%s", path);
    r = bc_file_open_folder(dirname(folder), geteuid(), 0, &fd, &where);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", where.path, bc_result_text(r));
    (void)snprintf(name, sizeof name, "%s", path);
    bc_file_sweep(fd, (int64_t)time(NULL));
    r = bc_file_write(fd, basename(name), data, len, mode, (uid_t)-1, (gid_t)-1);
    close(fd);
    if (r == BC_OK)
        return 0;
    return bc_message_fail(errno == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s", path,
                           strerror(errno));
}

void bc_key_io_write(const struct bc_skey *key, const char *path, const char *passphrase)
{
    char text[BC_KEY_FILE_MAX];
    int code = BC_EXIT_REFUSED;

    if (bc_key_file_format(key, passphrase, text) == BC_OK)
        code = bc_key_io_write_trusted(path, text, strlen(text), 0600);
    else
        bc_message_print("the key could not be sealed: no memory");
    sodium_memzero(text, sizeof text);
    if (code)
        bc_message_exit(code);
}

static enum bc_result parse_key(const char *text, size_t len, const char *passphrase_file,
                                struct bc_skey *key)
{
    struct bc_vkey pub;
    enum bc_result r;
    char *phrase;

    if (!bc_key_file_sealed(text))
        return bc_key_file_parse(text, len, NULL, key);
    if (bc_key_file_public(text, len, &pub) != BC_OK)
        return BC_ERR_INVALID;
    phrase = bc_key_io_read_passphrase(passphrase_file, 0);
    r = bc_key_file_parse(text, len, phrase, key);
    bc_key_io_free_passphrase(phrase);
    return r;
}

void bc_key_io_read(const char *path, const char *passphrase_file, struct bc_skey *key, int *sealed)
{
    struct bc_where where = {""};
    char *text;
    size_t len;
    enum bc_result r = bc_file_read(path, geteuid(), 077, BC_KEY_FILE_MAX - 1, &text, &len, &where);

    if (r != BC_OK)
        bc_message_die(r == BC_ERR_NOT_FOUND ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED,
                       "signing key %s: %s; it must be yours alone (mode 0600)",
                       where.path[0] ? where.path : path, bc_result_text(r));
    r = parse_key(text, len, passphrase_file, key);
    if (r == BC_OK)
        *sealed = bc_key_file_sealed(text);
    sodium_memzero(text, len);
    free(text);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_REFUSED, "signing key %s: %s", path, bc_result_text(r));
}
