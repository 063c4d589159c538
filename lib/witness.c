/* SPDX-License-Identifier: BSD-2-Clause */
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "lock.h"
#include "proof-text.h"

#define LOCK_WAIT_MS 10000
#define CLOCK_ALLOWANCE 60 /* seconds, by which one who waited for the lock may be late */
#define REFUSED_SUFFIX "-refused"
#define HEAD_NAME_BYTES (2 * BC_HASH_BYTES + 1)

/* ---- requests ---- */

enum bc_result bc_witness_request_format(const struct bc_witness_request *r, char *out, size_t cap,
                                         size_t *len)
{
    char old[64];
    size_t used = (size_t)snprintf(old, sizeof old, "old %llu\n", (unsigned long long)r->old_size);
    size_t lines = r->proof.count * bc_base64_bytes(BC_HASH_BYTES);

    if (r->proof.count > BC_PROOF_MAX || used + lines + 1 + r->note_len > cap)
        return BC_ERR_TOO_LARGE;
    memcpy(out, old, used);
    (void)bc_proof_lines_format(&r->proof, out + used, lines, &lines);
    used += lines;
    out[used++] = '\n';
    memcpy(out + used, r->note, r->note_len);
    *len = used + r->note_len;
    return BC_OK;
}

enum bc_result bc_witness_request_parse(const char *text, size_t len,
                                        struct bc_witness_request *out)
{
    const char *at = text, *end = text + len;
    struct bc_witness_request r;
    struct bc_line line;
    int empty;

    if (len > BC_WITNESS_REQUEST_MAX)
        return BC_ERR_TOO_LARGE;
    if (!bc_line_next(&at, end, &line) || !bc_line_label(&line, "old ") ||
        bc_number_parse(line.s, line.len, INT64_MAX, &r.old_size) != BC_OK ||
        bc_proof_lines_parse(&at, end, &r.proof, &empty) != BC_OK || !empty || at == end)
        return BC_ERR_INVALID;
    r.note = at;
    r.note_len = (size_t)(end - at);
    *out = r;
    return BC_OK;
}

/* ---- answers ---- */

static enum bc_witness_status refuse(struct bc_witness_answer *a, enum bc_witness_status status,
                                     const char *why)
{
    (void)snprintf(a->text, sizeof a->text, "refused %d %s\n", (int)status, why);
    return status;
}

static enum bc_witness_status conflict(struct bc_witness_answer *a, uint64_t size)
{
    (void)snprintf(a->text, sizeof a->text, "refused %d the last head is of another size\nsize %llu\n",
                   BC_WITNESS_CONFLICT, (unsigned long long)size);
    return BC_WITNESS_CONFLICT;
}

enum bc_result bc_witness_conflict_size(const char *answer, size_t len, uint64_t *size)
{
    const char *at = answer, *end = answer + len;
    struct bc_line first, second;

    if (!bc_line_next(&at, end, &first) || !bc_line_label(&first, "refused 409 ") ||
        !bc_line_next(&at, end, &second) || !bc_line_label(&second, "size ") || at != end)
        return BC_ERR_INVALID;
    return bc_number_parse(second.s, second.len, INT64_MAX, size);
}

/* ---- heads ---- */

/* What was cosigned last for an origin. */
struct last {
    uint64_t size;
    struct bc_hash root;
    int64_t time;
};

static void head_name(const char *origin, char *out)
{
    struct bc_hash hash;

    bc_hash_bytes(origin, strlen(origin), &hash);
    bc_hex_encode(hash.b, BC_HASH_BYTES, out);
}

/* What lies there must be what this witness has cosigned, and nothing else. */
static enum bc_result parse_last(const struct bc_witness *w, const char *origin, const char *note,
                                 size_t len, struct last *out)
{
    const char *end = memmem(note, len, "\n\n", 2);
    struct bc_vkey key;
    struct bc_head head;
    int64_t time;

    bc_vkey_as(&w->key->pub, BC_KEY_COSIGNATURE, &key);
    if (!end || bc_head_parse(note, (size_t)(end + 1 - note), &head) != BC_OK ||
        strcmp(head.origin, origin) != 0 || bc_cosignature_find(note, len, &key, &time) != BC_OK)
        return BC_ERR_CORRUPT;
    *out = (struct last){head.size, head.root, time};
    return BC_OK;
}

static enum bc_result read_last(const struct bc_witness *w, const char *origin, struct last *out)
{
    char name[HEAD_NAME_BYTES], *note;
    size_t len;
    enum bc_result r;
    int fd;

    head_name(origin, name);
    fd = openat(w->heads, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        *out = (struct last){.size = 0};
        bc_merkle_empty_root(&out->root);
        return BC_OK;
    }
    r = fd < 0 ? BC_ERR_IO : bc_fd_read(fd, BC_NOTE_MAX, &note, &len);
    if (fd >= 0)
        close(fd);
    if (r != BC_OK)
        return r;
    r = parse_last(w, origin, note, len, out);
    free(note);
    return r;
}

/* ---- the rules ---- */

static int known_origin(const struct bc_witness *w, const char *origin)
{
    for (size_t i = 0; i < w->logs->log_count; i++)
        if (strcmp(w->logs->logs[i].name, origin) == 0)
            return 1;
    return 0;
}

/* Who signed counts only if its key is one of the origin's. */
static int signed_by_log(const struct bc_witness *w, const struct bc_witness_request *r,
                         const char *origin, size_t *text_len)
{
    struct bc_vkey keys[BC_QUORUM_LOGS_MAX];
    size_t count = 0, signer;

    for (size_t i = 0; i < w->logs->log_count; i++)
        if (strcmp(w->logs->logs[i].name, origin) == 0)
            keys[count++] = w->logs->logs[i];
    return bc_note_open(r->note, r->note_len, keys, count, text_len, &signer) == BC_OK;
}

static int extends(const struct bc_witness_request *r, const struct bc_head *head,
                   const struct last *last)
{
    if (r->old_size == 0 && head->size > 0)
        return r->proof.count == 0;
    if (r->old_size == head->size)
        return r->proof.count == 0 && bc_hash_equal(&last->root, &head->root);
    return bc_merkle_verify_consistency(r->old_size, head->size, &last->root, &head->root,
                                        r->proof.hash, r->proof.count) == BC_OK;
}

static enum bc_result remember(const struct bc_witness *w, const struct bc_witness_request *r,
                               size_t text_len, const char *origin, int64_t time,
                               struct bc_witness_answer *a)
{
    char name[HEAD_NAME_BYTES], note[BC_NOTE_MAX], line[BC_COSIGNATURE_LINE_MAX];
    struct bc_vkey key;
    size_t len;
    enum bc_result result = bc_cosignature_make(w->key, time, r->note, text_len, line);

    bc_vkey_as(&w->key->pub, BC_KEY_COSIGNATURE, &key);
    if (result == BC_OK)
        result = bc_cosignature_attach(r->note, r->note_len, line, strlen(line), &key, note, &len);
    if (result != BC_OK)
        return result;
    head_name(origin, name);
    result = bc_file_write(w->heads, name, note, len, 0600, geteuid(), getegid());
    if (result == BC_OK)
        (void)snprintf(a->text, sizeof a->text, "%s", line);
    return result;
}

/* Two histories, or an error of who asks: beside the head it is evidence. Not to keep it is no reason to
 * answer otherwise. */
static void keep_refused(const struct bc_witness *w, const struct bc_witness_request *r,
                         const char *origin)
{
    char name[HEAD_NAME_BYTES + sizeof REFUSED_SUFFIX];

    head_name(origin, name);
    memcpy(name + HEAD_NAME_BYTES - 1, REFUSED_SUFFIX, sizeof REFUSED_SUFFIX);
    (void)bc_file_write(w->heads, name, r->note, r->note_len, 0600, geteuid(), getegid());
}

/* Under the lock: what was checked here stays so until the new head is there. */
static enum bc_witness_status advance(const struct bc_witness *w,
                                      const struct bc_witness_request *r,
                                      const struct bc_head *head, size_t text_len,
                                      struct bc_witness_answer *a)
{
    struct last last;
    enum bc_result result = read_last(w, head->origin, &last);

    if (result != BC_OK)
        return refuse(a, BC_WITNESS_FAILED, "the last head can't be read");
    a->size = last.size;
    if (r->old_size != last.size)
        return conflict(a, last.size);
    if (!extends(r, head, &last)) {
        keep_refused(w, r, head->origin);
        return refuse(a, BC_WITNESS_NO_PROOF, "it does not extend the last head");
    }
    if (w->now < last.time - CLOCK_ALLOWANCE)
        return refuse(a, BC_WITNESS_FAILED, "the clock stands before the last head");
    result = remember(w, r, text_len, head->origin, w->now < last.time ? last.time : w->now, a);
    if (result == BC_ERR_TOO_LARGE)
        return refuse(a, BC_WITNESS_BAD_REQUEST, "no room for another signature");
    if (result != BC_OK)
        return refuse(a, BC_WITNESS_FAILED, "the head can't be remembered");
    a->size = head->size;
    return BC_WITNESS_OK;
}

static enum bc_witness_status locked(const struct bc_witness *w,
                                     const struct bc_witness_request *r,
                                     const struct bc_head *head, size_t text_len,
                                     struct bc_witness_answer *a)
{
    enum bc_witness_status status;
    int fd;

    if (bc_lock_folder(w->heads, LOCK_WAIT_MS, geteuid(), getegid(), &fd) != BC_OK)
        return refuse(a, BC_WITNESS_FAILED, "the heads can't be locked");
    status = advance(w, r, head, text_len, a);
    close(fd);
    return status;
}

static enum bc_witness_status answer(const struct bc_witness *w, const char *request, size_t len,
                                     struct bc_witness_answer *a)
{
    struct bc_witness_request r;
    struct bc_head head;
    const char *end;
    size_t text_len;

    if (bc_witness_request_parse(request, len, &r) != BC_OK ||
        !(end = memmem(r.note, r.note_len, "\n\n", 2)) ||
        bc_head_parse(r.note, (size_t)(end + 1 - r.note), &head) != BC_OK)
        return refuse(a, BC_WITNESS_BAD_REQUEST, "not a request");
    memcpy(a->origin, head.origin, sizeof a->origin);
    if (!known_origin(w, head.origin))
        return refuse(a, BC_WITNESS_UNKNOWN_LOG, "the origin is not known here");
    /* The text ends at the last empty line: it must be the one that was read. */
    if (!signed_by_log(w, &r, head.origin, &text_len) || r.note + text_len != end + 1)
        return refuse(a, BC_WITNESS_FORBIDDEN, "not signed by a key known for the origin");
    if (r.old_size > head.size)
        return refuse(a, BC_WITNESS_BAD_REQUEST, "the old size is larger than the new");
    return locked(w, &r, &head, text_len, a);
}

void bc_witness_answer(const struct bc_witness *w, const char *request, size_t len,
                       struct bc_witness_answer *out)
{
    memset(out, 0, sizeof *out);
    out->status = answer(w, request, len, out);
}
