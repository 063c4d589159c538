/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

void bc_message_open_files(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
        if (fd < 0)
            _exit(BC_EXIT_REFUSED);
    } while (fd <= STDERR_FILENO);
    (void)close(fd);
}

__attribute__((format(printf, 1, 0))) static void print_message(const char *format, va_list args)
{
    char text[2048], clean[2048];

    (void)vsnprintf(text, sizeof text, format, args);
    bc_text_sanitize(text, clean, sizeof clean);
    (void)fprintf(stderr, "%s: %s\n", program_invocation_short_name, clean);
}

void bc_message_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_message(format, args);
    va_end(args);
}

void bc_message_die(int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_message(format, args);
    va_end(args);
    bc_message_exit(code);
}

const char *bc_message_exit_text(int code)
{
    static const char *const texts[] = {
        [BC_EXIT_OK] = "done, or allowed",
        [BC_EXIT_REFUSED] = "refused or failed",
        [BC_EXIT_USAGE] = "wrong usage",
        [BC_EXIT_NOT_FOUND] = "not found",
        [BC_EXIT_BUSY] = "another process uses the store",
        [BC_EXIT_STORE] = "the store is damaged or not to be trusted",
        [BC_EXIT_UNWRITTEN] = "done and signed, but a file could not be written",
    };

    return code >= 0 && code < (int)(sizeof texts / sizeof texts[0]) ? texts[code] : NULL;
}

int bc_message_fail_reason(enum bc_reason reason, const char *what, const char *path)
{
    static const int exits[BC_REASONS] = {
        [BC_REASON_BUSY] = BC_EXIT_BUSY,
        [BC_REASON_NO_STORE] = BC_EXIT_NOT_FOUND,
        [BC_REASON_UNTRUSTED_FILE] = BC_EXIT_STORE,
        [BC_REASON_CORRUPT] = BC_EXIT_STORE,
        [BC_REASON_UNKNOWN_KEY] = BC_EXIT_STORE,
        [BC_REASON_BAD_SIGNATURE] = BC_EXIT_STORE,
        [BC_REASON_ORIGIN] = BC_EXIT_STORE,
        [BC_REASON_ROLLED_BACK] = BC_EXIT_STORE,
        [BC_REASON_FORKED] = BC_EXIT_STORE,
    };

    return bc_message_fail(exits[reason] ? exits[reason] : BC_EXIT_REFUSED,
                           "%s%s%s: %s (%s) What to do: %s", what, path[0] ? " " : "", path,
                           bc_reason_sentence(reason), bc_reason_id(reason),
                           bc_reason_remedy(reason));
}

int bc_message_fail_result(enum bc_result r, const char *what, const char *path)
{
    return bc_message_fail_reason(bc_reason_of_result(r), what, path);
}

const char *bc_message_result_text(enum bc_result r)
{
    static char text[256];

    if (r != BC_ERR_IO)
        return bc_result_text(r);
    (void)snprintf(text, sizeof text, "%s: %s", bc_result_text(r), strerror(errno));
    return text;
}

int bc_message_fail_ini_file(enum bc_result r, const struct bc_ini_file_error *err,
                             const char *which)
{
    const char *path = err->where.path[0] ? err->where.path : which;

    if (err->line)
        return bc_message_fail(BC_EXIT_REFUSED, "%s: line %d: %s", path, err->line, err->what);
    return bc_message_fail(BC_EXIT_REFUSED, "%s: %s", path,
                           err->what[0] ? err->what : bc_result_text(r));
}

static int (*at_exit[4])(int code);
static int at_exit_count;

void bc_message_at_exit(int (*finish)(int code))
{
    if (at_exit_count == (int)(sizeof at_exit / sizeof at_exit[0]))
        abort(); /* a mistake of the program, which its first run shows */
    at_exit[at_exit_count++] = finish;
}

void bc_message_exit(int code)
{
    while (at_exit_count > 0)
        code = at_exit[--at_exit_count](code);
    exit(code);
}

int bc_message_flush(int code)
{
    int failed = fflush(stdout) != 0 || ferror(stdout);

    if (failed && code == BC_EXIT_OK)
        return bc_message_fail(BC_EXIT_REFUSED, "standard output could not be written");
    return code;
}

int bc_message_json(json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
    int printed = text && puts(text) >= 0;

    free(text);
    json_decref(value);
    return printed;
}

void bc_message_time(int64_t t, char out[40])
{
    time_t when = (time_t)t;
    struct tm tm;

    if (t == 0 || !localtime_r(&when, &tm) || strftime(out, 40, "%Y-%m-%d %H:%M:%S %Z", &tm) == 0)
        (void)snprintf(out, 40, "-");
}

void bc_message_progress(uint64_t done, uint64_t all)
{
    int width = all ? (int)(done * 40 / all) : 40;

    if (!isatty(STDERR_FILENO) || all < 2048)
        return;
    (void)fprintf(stderr, "\r[%.*s%.*s] %llu of %llu%s", width,
                  "########################################", 40 - width,
                  "                                        ", (unsigned long long)done,
                  (unsigned long long)all, done == all ? "\n" : "");
}
