/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/datetime.h"
#include "base/file.h"
#include "base/text.h"
#include "common/input.h"
#include "common/output.h"
#include "log.h"
#include "proof/checkpoint.h"
#include "proof/cosignature.h"
#include "proof/proof-text.h"

/*
 * Has a witness cosign the published checkpoint, by c2sp.org/tlog-witness. The
 * body of the request to its add-checkpoint is
 *
 *     old <size>                the log size that the witness has cosigned last
 *     base64(hash)              the consistency proof from there, any number
 *
 *     the checkpoint            as it is published, with the log's signature
 *
 * and the answer's body is signature lines; or, with HTTP status 409, the size
 * that the witness has cosigned last, as a decimal line.
 *
 * Cosignatures are kept in the published folder, never in the store. Beside
 * "checkpoint", which each publish replaces, is "cosigned": the newest published
 * checkpoint that a witness has cosigned, with the cosignatures of all witnesses
 * who have cosigned that one.
 */

#define COSIGNED "cosigned"

static const char help[] =
    "usage: bioconsent-log submit DIR --witness VKEY [--old-size N] [--output FILE]\n"
    "       bioconsent-log submit DIR --witness VKEY --answer FILE|- [--json]\n\n"
    "Without --answer, writes what to send to a witness (c2sp.org/tlog-witness) so that it\n"
    "cosigns the checkpoint that is published in DIR. With --answer, verifies the witness's\n"
    "answer and puts its cosignature on DIR/cosigned: that checkpoint with the cosignatures of\n"
    "all witnesses so far, for bioconsent-verify --witness VKEY --cosigned FILE. The program does\n"
    "not use the network: curl does.\n\n\n"
    "Exit: 0 done, 1 the witness refused, 2 usage, 3 nothing is published in DIR, or there is no\n"
    "      store, 4 the witness has cosigned another size, which is printed for --old-size, or\n"
    "      DIR is busy, 5 the answer has no valid cosignature by the witness, or DIR is not of\n"
    "      this store\n\n"
    "Example: bioconsent-log submit /srv/www/consent-log --witness \"$W\" |\n"
    "             curl --silent --data-binary @- https://witness.example/add-checkpoint |\n"
    "             bioconsent-log submit /srv/www/consent-log --witness \"$W\" --answer -\n";

struct submission {
    struct bc_log *log;
    const char *path; /* of the published folder */
    int folder;
    struct bc_vkey witness;
};

static void read_checkpoint(const struct submission *sub, struct bc_log_note *note)
{
    enum bc_result r = bc_log_read_note(sub->folder, BC_LOG_CHECKPOINT, note);

    if (r == BC_ERR_NOT_FOUND)
        bc_message_die(BC_EXIT_NOT_FOUND,
                       "%s: nothing is published there; run: bioconsent-log publish %s", sub->path,
                       sub->path);
    if (r == BC_OK && note->text_len == 0)
        r = BC_ERR_INVALID;
    if (r != BC_OK)
        bc_message_die(BC_EXIT_STORE, "%s/" BC_LOG_CHECKPOINT ": %s", sub->path, bc_result_text(r));
}

/* Returns the log size of "cosigned" if the witness has cosigned that, else 0: what the witness has
 * seen last, as far as the folder knows. */
static uint64_t read_cosigned_size(const struct submission *sub)
{
    struct bc_log_note note;
    struct bc_checkpoint c;
    int64_t time;

    if (bc_log_read_note(sub->folder, COSIGNED, &note) != BC_OK ||
        bc_cosignature_find(note.bytes, note.len, &sub->witness, &time) != BC_OK ||
        bc_checkpoint_parse(note.bytes, note.text_len, &c) != BC_OK)
        return 0;
    return c.log_size;
}

/* Writes the request. The published checkpoint must be one that this store has signed and has grown
 * from. */
static void write_request(const struct submission *sub, const struct bc_args *args)
{
    static char text[64 + BC_PROOF_TEXT_MAX + 1 + BC_NOTE_MAX];
    const char *old_size = bc_args_value(args, BC_LOG_OLD_SIZE, NULL);
    const struct bc_config *config = &sub->log->config;
    struct bc_proof proof = {.count = 0};
    struct bc_log_note note;
    struct bc_checkpoint c;
    static struct bc_snapshot s;
    struct bc_nodes nodes;
    enum bc_follow follow;
    size_t text_len, signer, used;
    uint64_t old = read_cosigned_size(sub);
    enum bc_result r;

    bc_log_open_store(sub->log, &s);
    nodes = bc_tile_nodes(&s.log);
    read_checkpoint(sub, &note);
    r = bc_note_open(note.bytes, note.len, config->keys, config->key_count, &text_len, &signer);
    if (r == BC_OK)
        r = bc_checkpoint_parse(note.bytes, text_len, &c);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_STORE, "%s/" BC_LOG_CHECKPOINT ": %s", sub->path, bc_result_text(r));
    if (bc_checkpoint_follow(&c, &s.checkpoint, &nodes, NULL, &follow) != BC_OK)
        bc_message_die_result(BC_ERR_CORRUPT, "store", config->store_path);
    if (follow != BC_FOLLOW_SAME && follow != BC_FOLLOW_FOLLOWS)
        bc_message_die(BC_EXIT_STORE,
                       "%s/" BC_LOG_CHECKPOINT
                       ": the store does not follow it; see bioconsent-log compare",
                       sub->path);
    if (old_size && bc_text_parse_number(old_size, strlen(old_size), INT64_MAX, &old) != BC_OK)
        bc_message_die(BC_EXIT_USAGE, "--old-size %s: not a number", old_size);
    if (old > c.log_size)
        bc_message_die(BC_EXIT_USAGE,
                       "--old-size %llu: the published log has %llu events only; publish first",
                       (unsigned long long)old, (unsigned long long)c.log_size);
    if (old && bc_merkle_consistency(&nodes, old, c.log_size, &proof) != BC_OK)
        bc_message_die_result(BC_ERR_CORRUPT, "store", config->store_path);
    used = (size_t)snprintf(text, 64, "old %llu\n", (unsigned long long)old);
    used += bc_proof_text_format(&proof, text + used);
    text[used++] = '\n';
    memcpy(text + used, note.bytes, note.len);
    bc_output_public(bc_args_value(args, BC_LOG_OUTPUT, NULL), text, used + note.len);
    bc_store_close(s.store);
}

/* ---- the answer ---- */

/* Looks in the answer for the witness's cosignature of "checkpoint", verifies it, and writes
 * "cosigned", durably, with it and the cosignatures that were there for the same text. *time is
 * when it was given, POSIX seconds. Returns the error of one of these steps. */
static enum bc_result add_cosignature(const struct submission *sub, const char *answer, size_t len,
                                      int64_t *time)
{
    struct bc_log_note note, cosigned, with;
    enum bc_result r;

    read_checkpoint(sub, &note);
    if (bc_log_read_note(sub->folder, COSIGNED, &cosigned) == BC_OK &&
        cosigned.text_len == note.text_len &&
        memcmp(cosigned.bytes, note.bytes, note.text_len) == 0)
        note = cosigned;
    r = bc_cosignature_attach(note.bytes, note.len, answer, len, &sub->witness, with.bytes,
                              &with.len);
    if (r == BC_OK)
        r = bc_cosignature_find(with.bytes, with.len, &sub->witness, time);
    if (r == BC_OK)
        r = bc_file_write(sub->folder, COSIGNED, with.bytes, with.len, 0644, (uid_t)-1, (gid_t)-1);
    return r;
}

/* A decimal number and a newline, nothing else, is the answer of HTTP status 409. */
static void check_no_conflict(const struct submission *sub, const char *answer, size_t len)
{
    uint64_t size;

    if (len < 2 || answer[len - 1] != '\n' ||
        bc_text_parse_number(answer, len - 1, INT64_MAX, &size) != BC_OK)
        return;
    if (sub->log->json)
        bc_message_json(json_pack("{s:b, s:s, s:I}", "added", 0, "witness", sub->witness.name,
                                  "size", (json_int_t)size));
    else
        (void)printf("%llu\n", (unsigned long long)size);
    bc_message_die(BC_EXIT_BUSY,
                   "the witness %s has cosigned size %llu last; submit again with --old-size %llu",
                   sub->witness.name, (unsigned long long)size, (unsigned long long)size);
}

static void add_answer(const struct submission *sub, const char *path)
{
    const char *name = sub->witness.name;
    char when[BC_TIME_TEXT_BYTES], *answer;
    uint64_t size;
    int64_t time;
    size_t len;
    enum bc_result r;

    answer = bc_input(path, BC_NOTE_MAX, &len);
    if (len > BC_NOTE_MAX)
        bc_message_die(BC_EXIT_REFUSED, "%s: larger than %d bytes", path, BC_NOTE_MAX);
    check_no_conflict(sub, answer, len);
    if (flock(sub->folder, LOCK_EX | LOCK_NB) == 0)
        r = add_cosignature(sub, answer, len, &time);
    else
        r = errno == EWOULDBLOCK ? BC_ERR_BUSY : BC_ERR_IO;
    switch (r) {
    case BC_OK:
        break;
    case BC_ERR_NOT_FOUND:
        bc_message_die(BC_EXIT_STORE, "the answer has no cosignature by the witness %s", name);
    case BC_ERR_SIGNATURE:
        bc_message_die(BC_EXIT_STORE,
                       "the cosignature by the witness %s is wrong, or of another checkpoint; if "
                       "the log was published again after the request, submit again",
                       name);
    case BC_ERR_INVALID:
        bc_message_die(BC_EXIT_REFUSED, "the witness %s did not cosign; its answer: %.*s", name,
                       (int)strcspn(answer, "\n"), answer);
    case BC_ERR_BUSY:
        bc_message_die(BC_EXIT_BUSY, "%s: another process publishes there", sub->path);
    default:
        bc_message_die(BC_EXIT_REFUSED, "%s: %s", sub->path, bc_message_result_text(r));
    }
    free(answer);
    size = read_cosigned_size(sub);
    bc_datetime_format(time, when);
    if (sub->log->json)
        bc_message_json(json_pack("{s:b, s:s, s:I, s:s}", "added", 1, "witness", name, "size",
                                  (json_int_t)size, "time", when));
    else
        (void)printf(
            "The witness %s has cosigned %llu events at %s; the cosignature is in %s/" COSIGNED
            ".\n",
            name, (unsigned long long)size, when, sub->path);
}

static int run_submit(struct bc_log *log, const struct bc_args *args)
{
    struct submission sub = {.log = log, .path = args->operand[0]};
    const char *witness = bc_args_value(args, BC_LOG_WITNESS, NULL);
    const char *answer = bc_args_value(args, BC_LOG_ANSWER, NULL);

    if (!witness || bc_note_vkey_parse(witness, BC_KEY_COSIGNATURE, &sub.witness) != BC_OK)
        bc_message_die(BC_EXIT_USAGE, "--witness: the verifier key of a witness is needed");
    if (answer && (bc_args_given(args, BC_LOG_OLD_SIZE) || bc_args_given(args, BC_LOG_OUTPUT)))
        bc_message_die(BC_EXIT_USAGE,
                       "--old-size and --output are for the request, not for --answer");
    if (!answer && log->json)
        bc_message_die(BC_EXIT_USAGE, "--json is for --answer; a request has a form of its own");
    sub.folder = open(sub.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (sub.folder < 0)
        bc_message_die(errno == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s", sub.path,
                       strerror(errno));
    if (answer)
        add_answer(&sub, answer);
    else
        write_request(&sub, args);
    (void)close(sub.folder);
    return BC_EXIT_OK;
}

const struct bc_log_command bc_log_submit = {
    "submit",
    "have a witness cosign what is published",
    help,
    1,
    {BC_LOG_WITNESS, BC_LOG_OLD_SIZE, BC_LOG_OUTPUT, BC_LOG_ANSWER, -1},
    run_submit};
