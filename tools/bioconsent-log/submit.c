/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/datetime.h"
#include "base/text.h"
#include "common/input.h"
#include "common/output.h"
#include "cosigned-checkpoint.h"
#include "log.h"
#include "proof/checkpoint.h"
#include "proof/proof-lines.h"

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
 */

static const char help[] =
    "usage: bioconsent-log submit DIR --witness VKEY [--old-size N] [--output FILE]\n"
    "       bioconsent-log submit DIR --witness VKEY --answer FILE|- [--json]\n\n"
    "Without --answer, writes what to send to a witness (c2sp.org/tlog-witness) so that it cosigns "
    "the\n"
    "checkpoint that is published in DIR. With --answer, verifies the witness's answer and puts "
    "its\n"
    "cosignature on DIR/cosigned: that checkpoint with the cosignatures of all witnesses so far, "
    "for\n"
    "bioconsent-verify --witness VKEY --cosigned FILE. The program does not use the network: curl "
    "does.\n\n"
    "\n"
    "Exit: 0 done, 1 the witness refused, 2 usage, 3 nothing is published in DIR, or there is no "
    "store,\n"
    "      4 the witness has cosigned another size, which is printed for --old-size, or DIR is "
    "busy,\n"
    "      5 the answer has no valid cosignature by the witness, or DIR is not of this store\n\n"
    "Example: bioconsent-log submit /srv/www/consent-log --witness \"$W\" |\n"
    "             curl --silent --data-binary @- https://witness.example/add-checkpoint |\n"
    "             bioconsent-log submit /srv/www/consent-log --witness \"$W\" --answer -\n";

struct submission {
    struct bc_log *log;
    const char *path; /* of the published folder */
    int folder;
    struct bc_vkey witness;
};

/* ---- the request ---- */

/* Reads the published checkpoint. It must be one that this store has signed and has grown from. */
static int read_published(const struct submission *sub, struct bc_snapshot *s,
                          struct bc_published_note *note, struct bc_checkpoint *c)
{
    const struct bc_config *policy = &sub->log->policy;
    struct bc_nodes nodes = bc_tile_nodes(&s->log);
    enum bc_follow follow;
    size_t text_len, signer;
    enum bc_result r = bc_cosigned_checkpoint_read(sub->folder, BC_PUBLISHED_CHECKPOINT, note);

    if (r == BC_ERR_NOT_FOUND)
        return bc_message_fail(BC_EXIT_NOT_FOUND,
                               "%s: nothing is published there; run: bioconsent-log publish %s",
                               sub->path, sub->path);
    if (r == BC_OK)
        r = bc_note_open(note->bytes, note->len, policy->keys, policy->key_count, &text_len,
                         &signer);
    if (r == BC_OK)
        r = bc_checkpoint_parse(note->bytes, text_len, c);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_STORE, "%s/" BC_PUBLISHED_CHECKPOINT ": %s", sub->path,
                               bc_result_text(r));
    if (bc_checkpoint_follow(c, &s->checkpoint, &nodes, NULL, &follow) != BC_OK)
        return bc_message_fail_result(BC_ERR_CORRUPT, "store", policy->store_path);
    if (follow != BC_FOLLOW_SAME && follow != BC_FOLLOW_FOLLOWS)
        return bc_message_fail(BC_EXIT_STORE,
                               "%s/" BC_PUBLISHED_CHECKPOINT ": the store does not follow it; see "
                               "bioconsent-log compare",
                               sub->path);
    return 0;
}

static int write_request(struct submission *sub, struct bc_snapshot *s, const char *old_size,
                         const char *output)
{
    static char text[64 + BC_PROOF_TEXT_MAX + 1 + BC_NOTE_MAX];
    struct bc_nodes nodes = bc_tile_nodes(&s->log);
    struct bc_published_note note;
    struct bc_proof proof = {.count = 0};
    struct bc_checkpoint c;
    uint64_t old = bc_cosigned_checkpoint_size(sub->folder, &sub->witness);
    size_t used, lines;
    int code = read_published(sub, s, &note, &c);

    if (code)
        return code;
    if (old_size && bc_text_parse_number(old_size, strlen(old_size), INT64_MAX, &old) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--old-size %s: not a number", old_size);
    if (old > c.log_size)
        return bc_message_fail(
            BC_EXIT_USAGE, "--old-size %llu: the published log has %llu events only; publish first",
            (unsigned long long)old, (unsigned long long)c.log_size);
    if (old && bc_merkle_consistency(&nodes, old, c.log_size, &proof) != BC_OK)
        return bc_message_fail_result(BC_ERR_CORRUPT, "store", sub->log->policy.store_path);
    used = (size_t)snprintf(text, 64, "old %llu\n", (unsigned long long)old);
    (void)bc_proof_lines_format(&proof, text + used, BC_PROOF_TEXT_MAX, &lines);
    used += lines;
    text[used++] = '\n';
    memcpy(text + used, note.bytes, note.len);
    return bc_output_public(output, text, used + note.len);
}

/* ---- the answer ---- */

/* The answer to HTTP status 409: a decimal number and a newline, nothing else. */
static int is_size(const char *answer, size_t len, uint64_t *size)
{
    return len > 1 && answer[len - 1] == '\n' &&
           bc_text_parse_number(answer, len - 1, INT64_MAX, size) == BC_OK;
}

static int fail_adding(const struct submission *sub, enum bc_result r, const char *answer)
{
    switch (r) {
    case BC_ERR_NOT_FOUND:
        return bc_message_fail(BC_EXIT_NOT_FOUND,
                               "%s: nothing is published there; run: bioconsent-log publish %s",
                               sub->path, sub->path);
    case BC_ERR_UNKNOWN_KEY:
        return bc_message_fail(BC_EXIT_STORE, "the answer has no cosignature by the witness %s",
                               sub->witness.name);
    case BC_ERR_SIGNATURE:
        return bc_message_fail(
            BC_EXIT_STORE,
            "the cosignature by the witness %s is wrong, or of another checkpoint; if the "
            "log was published again after the request, submit again",
            sub->witness.name);
    case BC_ERR_INVALID:
        return bc_message_fail(BC_EXIT_REFUSED, "the witness %s did not cosign; its answer: %.*s",
                               sub->witness.name, (int)strcspn(answer, "\n"), answer);
    case BC_ERR_BUSY:
        return bc_message_fail(BC_EXIT_BUSY, "%s: another process publishes there", sub->path);
    default:
        return bc_message_fail(BC_EXIT_REFUSED, "%s: %s%s%s", sub->path, bc_result_text(r),
                               r == BC_ERR_IO ? ": " : "", r == BC_ERR_IO ? strerror(errno) : "");
    }
}

static int take_answer(struct submission *sub, const char *path)
{
    char when[BC_TIME_TEXT_BYTES], *answer;
    uint64_t size;
    int64_t time;
    size_t len;
    enum bc_result r;
    int code = bc_input(path, BC_NOTE_MAX, &answer, &len);

    if (code)
        return code;
    if (is_size(answer, len, &size)) {
        free(answer);
        if (sub->log->json)
            bc_message_json(json_pack("{s:b, s:s, s:I}", "added", 0, "witness", sub->witness.name,
                                      "size", (json_int_t)size));
        else
            (void)printf("%llu\n", (unsigned long long)size);
        return bc_message_fail(
            BC_EXIT_BUSY,
            "the witness %s has cosigned size %llu last; submit again with --old-size %llu",
            sub->witness.name, (unsigned long long)size, (unsigned long long)size);
    }
    r = bc_cosigned_checkpoint_add(sub->folder, &sub->witness, answer, len, &time);
    code = r == BC_OK ? 0 : fail_adding(sub, r, answer);
    free(answer);
    if (code)
        return code;
    size = bc_cosigned_checkpoint_size(sub->folder, &sub->witness);
    bc_datetime_format(time, when);
    if (sub->log->json)
        bc_message_json(json_pack("{s:b, s:s, s:I, s:s}", "added", 1, "witness", sub->witness.name,
                                  "size", (json_int_t)size, "time", when));
    else
        (void)printf("The witness %s has cosigned %llu events at %s; the cosignature is in "
                     "%s/" BC_PUBLISHED_COSIGNED ".\n",
                     sub->witness.name, (unsigned long long)size, when, sub->path);
    return BC_EXIT_OK;
}

static int run_submit(struct bc_log *log, const struct bc_args *args)
{
    struct submission sub = {.log = log};
    struct bc_snapshot s;
    const char *witness, *answer;
    int code;

    witness = bc_args_value(args, BC_LOG_WITNESS, NULL);
    answer = bc_args_value(args, BC_LOG_ANSWER, NULL);
    if (!witness || bc_note_vkey_parse_type(witness, BC_KEY_COSIGNATURE, &sub.witness) != BC_OK)
        return bc_message_fail(BC_EXIT_USAGE, "--witness: the verifier key of a witness is needed");
    if (answer && (bc_args_given(args, BC_LOG_OLD_SIZE) || bc_args_given(args, BC_LOG_OUTPUT)))
        return bc_message_fail(BC_EXIT_USAGE,
                               "--old-size and --output are for the request, not for --answer");
    if (!answer && log->json)
        return bc_message_fail(BC_EXIT_USAGE,
                               "--json is for --answer; a request has a form of its own");
    sub.path = args->operand[0];
    sub.folder = open(sub.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (sub.folder < 0)
        return bc_message_fail(errno == ENOENT ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED, "%s: %s",
                               sub.path, strerror(errno));
    if (answer) {
        code = take_answer(&sub, answer);
    } else {
        code = bc_log_store(log, &s);
        if (!code) {
            code = write_request(&sub, &s, bc_args_value(args, BC_LOG_OLD_SIZE, NULL),
                                 bc_args_value(args, BC_LOG_OUTPUT, NULL));
            bc_store_close(s.store);
        }
    }
    (void)close(sub.folder);
    return code;
}

const struct bc_log_command bc_log_submit = {
    "submit",
    "have a witness cosign what is published",
    help,
    1,
    {BC_LOG_WITNESS, BC_LOG_OLD_SIZE, BC_LOG_OUTPUT, BC_LOG_ANSWER, -1},
    run_submit};
