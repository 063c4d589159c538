/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/notice-folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/text.h"
#include "consent/decision.h"
#include "store/current-notice.h"

#define SUFFIX ".notice"
#define HEX (2 * BC_HASH_BYTES)

/* What the name of a file says. */
struct entry {
    uint64_t event;
    char id[BC_WORD_MAX + 1];
    struct bc_hash hash;
    int current; /* the notice is still in force */
};

struct entries {
    struct entry *entry;
    size_t count;
};

static void format_name(const struct entry *e, char out[BC_NOTICE_NAME_BYTES])
{
    char hex[HEX + 1];

    bc_encoding_hex_encode(e->hash.b, BC_HASH_BYTES, hex);
    (void)snprintf(out, BC_NOTICE_NAME_BYTES, "%llu-%s-%s" SUFFIX, (unsigned long long)e->event,
                   e->id, hex);
}

/* An id may hold a '-' itself, so the name is taken apart from both ends. */
static int parse_name(const char *name, struct entry *out)
{
    const char *id = strchr(name, '-');
    size_t len = strlen(name), tail = 1 + HEX + strlen(SUFFIX);
    struct entry e = {.event = 0};
    size_t id_len;

    if (!id || len < tail || name[len - tail] != '-' || name + len - tail <= id ||
        strcmp(name + len - strlen(SUFFIX), SUFFIX) != 0)
        return 0;
    id++;
    id_len = (size_t)(name + len - tail - id);
    if (id_len == 0 || id_len > BC_WORD_MAX)
        return 0;
    memcpy(e.id, id, id_len);
    if (!bc_name_word_valid(e.id) ||
        bc_text_parse_number(name, (size_t)(id - 1 - name), INT64_MAX, &e.event) != BC_OK ||
        bc_encoding_hex_decode(name + len - tail + 1, HEX, e.hash.b, BC_HASH_BYTES) != BC_OK)
        return 0;
    *out = e;
    return 1;
}

static int compare_newest_first(const void *a, const void *b)
{
    uint64_t x = ((const struct entry *)a)->event, y = ((const struct entry *)b)->event;

    return (x < y) - (x > y);
}

/* Lists every file that is named as a notice, the newest first. Other files are passed over. */
static enum bc_result list_folder(int folder, struct entries *out)
{
    DIR *dir = bc_file_open_stream(folder);
    const struct dirent *file;
    enum bc_result r = BC_OK;
    struct entry e;
    size_t room = 0;

    if (!dir)
        return BC_ERR_IO;
    while (r == BC_OK && (errno = 0, file = readdir(dir))) {
        void *longer;
        if (!parse_name(file->d_name, &e))
            continue;
        longer = bc_array_grow(out->entry, out->count, &room, sizeof *out->entry);
        if (longer) {
            out->entry = longer;
            out->entry[out->count++] = e;
        } else {
            r = BC_ERR_MEMORY;
        }
    }
    if (r == BC_OK && errno != 0)
        r = BC_ERR_IO;
    closedir(dir);
    if (r == BC_OK && out->count)
        qsort(out->entry, out->count, sizeof *out->entry, compare_newest_first);
    return r;
}

static enum bc_result read_entry(int folder, const struct entry *e, struct bc_posted_notice *out)
{
    struct bc_ini_file_error err = {.line = 0};
    struct bc_notice_file file;
    char *text = NULL;
    size_t len = 0;
    enum bc_result r;
    int fd;

    format_name(e, out->name);
    fd = openat(folder, out->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return BC_ERR_IO;
    r = bc_file_read_open(fd, BC_NOTICE_FILE_MAX, &text, &len);
    close(fd);
    if (r == BC_OK)
        r = bc_notice_parse(out->name, text, len, &file, &err);
    if (r == BC_OK &&
        (!bc_merkle_hash_equal(&file.notice.text, &e->hash) || strcmp(file.notice.id, e->id) != 0))
        r = BC_ERR_INVALID;
    if (r != BC_OK) {
        free(text);
        return r == BC_ERR_TOO_LARGE || r == BC_ERR_UNTRUSTED ? BC_ERR_INVALID : r;
    }
    out->file = file;
    out->text = text;
    out->len = len;
    return BC_OK;
}

/* The first file that is damaged ends the search: it could be the one that is wanted. */
enum bc_result bc_notice_folder_find(int folder, const char *which, const struct bc_use *wanted,
                                     struct bc_posted_notice *out)
{
    struct entries all = {NULL, 0};
    enum bc_result r = list_folder(folder, &all);
    char hex[HEX + 1];
    int found = 0;

    for (size_t i = 0; r == BC_OK && !found && i < all.count; i++) {
        bc_encoding_hex_encode(all.entry[i].hash.b, BC_HASH_BYTES, hex);
        if (which[0] && strcmp(all.entry[i].id, which) != 0 && strcmp(hex, which) != 0)
            continue;
        r = read_entry(folder, &all.entry[i], out);
        if (r != BC_OK)
            break;
        found = which[0] || bc_decision_covers(&out->file.notice.scope, wanted);
        if (!found) {
            free(out->text);
            out->text = NULL;
        }
    }
    free(all.entry);
    return r == BC_OK && !found ? BC_ERR_NOT_FOUND : r;
}

/* ---- writing ---- */

/* Writes the file of a current notice unless it is there, whole. */
static enum bc_result write_entry(int folder, struct bc_snapshot *s, const struct entry *e,
                                  const struct bc_notice *notice)
{
    struct bc_posted_notice there;
    char *text;
    size_t len;
    enum bc_result r = read_entry(folder, e, &there);

    if (r == BC_OK) {
        free(there.text);
        return BC_OK;
    }
    r = bc_current_notice_stored(s, notice, &text, &len);
    if (r != BC_OK)
        return r;
    if (bc_file_write(folder, there.name, text, len, 0644, (uid_t)-1, (gid_t)-1) != BC_OK)
        r = BC_ERR_NOT_RECORDED;
    free(text);
    return r;
}

static void mark_current(struct entries *all, const struct entry *e)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->entry[i].event == e->event && strcmp(all->entry[i].id, e->id) == 0 &&
            bc_merkle_hash_equal(&all->entry[i].hash, &e->hash))
            all->entry[i].current = 1;
}

enum bc_result bc_notice_folder_update(int folder, struct bc_snapshot *s)
{
    struct entries all = {NULL, 0};
    char name[BC_NOTICE_NAME_BYTES];
    struct bc_current_notices c;
    const struct bc_event *event;
    struct entry e;
    enum bc_result r, listed = list_folder(folder, &all);

    bc_current_notice_begin(&c, s);
    while (bc_current_notice_next(&c, &e.event, &event)) {
        memcpy(e.id, event->u.notice.id, sizeof e.id);
        e.hash = event->u.notice.text;
        mark_current(&all, &e);
        c.result = write_entry(folder, s, &e, &event->u.notice);
    }
    r = bc_current_notice_end(&c);
    if (r == BC_OK) {
        r = listed;
        for (size_t i = 0; r == BC_OK && i < all.count; i++) {
            format_name(&all.entry[i], name);
            if (!all.entry[i].current && unlinkat(folder, name, 0) != 0 && errno != ENOENT)
                r = BC_ERR_IO;
        }
        if (r == BC_OK && fsync(folder) != 0)
            r = BC_ERR_IO;
        if (r != BC_OK)
            r = r == BC_ERR_MEMORY ? BC_ERR_SYSTEM : BC_ERR_NOT_RECORDED;
    }
    free(all.entry);
    return r;
}
