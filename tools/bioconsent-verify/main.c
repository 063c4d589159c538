/* SPDX-License-Identifier: BSD-2-Clause */
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/args.h"
#include "base/datetime.h"
#include "base/text.h"
#include "common/input.h"
#include "common/message.h"
#include "findings.h"
#include "proof/checkpoint.h"
#include "proof/cosignature.h"
#include "proof/proof-text.h"

#define number(n) ((unsigned long long)(n))

/* Proves a bundle of evidence without the store, for its recipient. */

enum {
    OPTION_AT,
    OPTION_CONSISTENCY,
    OPTION_COSIGNED,
    OPTION_EXTENDS,
    OPTION_HELP,
    OPTION_JSON,
    OPTION_KEY,
    OPTION_MODALITY,
    OPTION_NOTICES,
    OPTION_OPERATION,
    OPTION_PROVIDER,
    OPTION_PURPOSE,
    OPTION_QUORUM,
    OPTION_VERSION,
    OPTION_WITNESS,
    OPTIONS
};

static const struct bc_args_option options[] = {
    [OPTION_AT] = {"at", BC_ARGS_VALUE, "TIME",
                   "show whether there was consent at this time; default: the checkpoint's"},
    [OPTION_CONSISTENCY] = {"consistency", BC_ARGS_VALUE, "PROOF",
                            "the proof for --extends, if the log has grown: see bioconsent-log"},
    [OPTION_COSIGNED] = {"cosigned", BC_ARGS_VALUE, "CHECKPOINT",
                         "the checkpoint with cosignatures: DIR/cosigned of bioconsent-log"},
    [OPTION_EXTENDS] = {"extends", BC_ARGS_VALUE, "OLD-CHECKPOINT",
                        "an older checkpoint that you kept and that the log must extend"},
    [OPTION_HELP] = {"help", BC_ARGS_FLAG, NULL, "print this help"},
    [OPTION_JSON] = {"json", BC_ARGS_FLAG, NULL, "write JSON for programs"},
    [OPTION_KEY] = {"key", BC_ARGS_LIST, "VKEY",
                    "a key of the log, as bioconsent key show prints it; several are allowed"},
    [OPTION_MODALITY] = {"modality", BC_ARGS_VALUE, "M", "consent to this modality"},
    [OPTION_NOTICES] = {"notices", BC_ARGS_FLAG, NULL, "also print the texts of the notices"},
    [OPTION_OPERATION] = {"operation", BC_ARGS_VALUE, "O", "consent to this operation"},
    [OPTION_PROVIDER] = {"provider", BC_ARGS_VALUE, "P", "consent to this provider"},
    [OPTION_PURPOSE] = {"purpose", BC_ARGS_VALUE, "P", "consent to this purpose"},
    [OPTION_QUORUM] = {"quorum", BC_ARGS_VALUE, "K",
                       "so many of the witnesses are enough; default: all of them"},
    [OPTION_VERSION] = {"version", BC_ARGS_FLAG, NULL, "print the version"},
    [OPTION_WITNESS] = {"witness", BC_ARGS_LIST, "VKEY",
                        "a witness that must have cosigned the checkpoint; several are allowed"},
    [OPTIONS] = {NULL, BC_ARGS_FLAG, NULL, NULL},
};

static const char usage[] =
    "usage: bioconsent-verify FILE|- --key VKEY [--at TIME] [--notices] [--json]\n"
    "           [--witness VKEY ... [--quorum K] [--cosigned CHECKPOINT]]\n"
    "           [--extends OLD-CHECKPOINT [--consistency PROOF]]\n"
    "           [--modality M --operation O [--provider P] [--purpose P]]\n";

static void print_help(void)
{
    (void)printf(
        "%s\nVerifies evidence of consent that another party made (bioconsent evidence, or a "
        "receipt),\nand shows what it proves and what it does not. It needs the key of the log, "
        "from a\nsource that you trust, and nothing else. - reads standard input.\n\n"
        "Options:\n",
        usage);
    bc_args_help(stdout, options, NULL);
    (void)puts("\nExamples:\n"
               "  bioconsent-verify alice.json --key consent.example/host1+0eece952+AQOh...\n"
               "  bioconsent-verify - --key \"$KEY\" --at 2026-03-01T12:00:00Z <receipt\n\n"
               "Exit status:\n  0  all of it is proven\n  1  refused\n  2  wrong usage");
}

static struct bc_args args;
static struct bc_findings findings;

/* What the verifier asks of the evidence's checkpoint: a signature by the log and, if it likes,
 * that witnesses have cosigned it, and that its log extends an older one that the verifier kept. */
static struct {
    struct bc_vkey keys[BC_ARGS_LIST_MAX]; /* of the log */
    size_t key_count;
    struct bc_vkey witnesses[BC_NOTE_SIGNATURES_MAX]; /* distinct keys of type BC_KEY_COSIGNATURE */
    size_t witness_count;
    size_t quorum; /* so many of the witnesses must have cosigned */
    /* Contents of files; data NULL: not given. */
    struct bc_bundle_text
        cosigned; /* a checkpoint with cosignatures, in place of the evidence's own */
    struct bc_bundle_text extends;     /* an older checkpoint */
    struct bc_bundle_text consistency; /* the proof from there, base64 hashes, one a line */
} wanted;

/* ---- what is asked ---- */

static void parse_key_options(void)
{
    if (args.option[OPTION_KEY].count == 0)
        bc_message_die(BC_EXIT_USAGE,
                       "--key is missing: the key of the log, from a source you trust");
    for (size_t i = 0; i < args.option[OPTION_KEY].count; i++)
        if (bc_note_vkey_parse(args.option[OPTION_KEY].value[i], BC_KEY_NOTE,
                               &wanted.keys[wanted.key_count++]) != BC_OK)
            bc_message_die(BC_EXIT_USAGE, "--key %s: not a key such as bioconsent key show prints",
                           args.option[OPTION_KEY].value[i]);
}

/* A witness that is named twice, under whatever names, would count twice. */
static void parse_witness_options(void)
{
    const char *quorum = bc_args_value(&args, OPTION_QUORUM, NULL);
    uint64_t k;

    for (size_t i = 0; i < args.option[OPTION_WITNESS].count; i++) {
        const char *value = args.option[OPTION_WITNESS].value[i];
        struct bc_vkey *key = &wanted.witnesses[i];

        if (bc_note_vkey_parse(value, BC_KEY_COSIGNATURE, key) != BC_OK)
            bc_message_die(BC_EXIT_USAGE, "--witness %s: not a key of a witness", value);
        for (size_t j = 0; j < i; j++)
            if (memcmp(wanted.witnesses[j].pk, key->pk, BC_ED25519_BYTES) == 0)
                bc_message_die(BC_EXIT_USAGE, "--witness %s: the same key twice", value);
        wanted.witness_count++;
    }
    wanted.quorum = wanted.witness_count;
    if (quorum) {
        if (bc_text_parse_number(quorum, strlen(quorum), wanted.witness_count, &k) != BC_OK ||
            k == 0)
            bc_message_die(BC_EXIT_USAGE,
                           "--quorum %s: not a number from 1 to that of the witnesses, %zu", quorum,
                           wanted.witness_count);
        wanted.quorum = (size_t)k;
    }
    if (bc_args_given(&args, OPTION_COSIGNED) && wanted.witness_count == 0)
        bc_message_die(BC_EXIT_USAGE, "--cosigned needs --witness: whose cosignatures count");
    if (bc_args_given(&args, OPTION_CONSISTENCY) && !bc_args_given(&args, OPTION_EXTENDS))
        bc_message_die(BC_EXIT_USAGE,
                       "--consistency needs --extends: the checkpoint that the proof begins at");
}

static void parse_word_option(int option, char out[BC_WORD_MAX + 1])
{
    const char *value = bc_args_value(&args, option, "");

    if (value[0] && !bc_name_word_valid(value))
        bc_message_die(BC_EXIT_USAGE, "--%s %s: use a-z 0-9 . _ -", options[option].name, value);
    memcpy(out, value, strlen(value) + 1);
    findings.asks |= value[0] != '\0';
}

static void parse_use_options(void)
{
    const char *at = bc_args_value(&args, OPTION_AT, NULL);
    const char *modality = bc_args_value(&args, OPTION_MODALITY, "");
    const char *operation = bc_args_value(&args, OPTION_OPERATION, "");

    parse_word_option(OPTION_PROVIDER, findings.use.provider);
    parse_word_option(OPTION_PURPOSE, findings.use.purpose);
    findings.asks |= modality[0] || operation[0];
    if (findings.asks &&
        !bc_vocabulary_parse(BC_VOCABULARY_MODALITY, modality, &findings.use.modality))
        bc_message_die(BC_EXIT_USAGE, "--modality: fingerprint, face, voice, palm or iris");
    if (findings.asks &&
        !bc_vocabulary_parse(BC_VOCABULARY_OPERATION, operation, &findings.use.operation))
        bc_message_die(BC_EXIT_USAGE, "--operation: authenticate or enroll");
    if (at && (bc_datetime_parse(at, strlen(at), &findings.at) != BC_OK || findings.at == 0))
        bc_message_die(BC_EXIT_USAGE, "--at %s: write it as 2026-11-24T07:10:01Z", at);
}

/* ---- the checkpoint ---- */

/* Says why nothing is proven, as JSON too where that is asked for, and ends the program. */
__attribute__((format(printf, 1, 2))) static _Noreturn void refuse(const char *format, ...)
{
    char what[1024];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(what, sizeof what, format, list);
    va_end(list);
    bc_message_print("%s: refused: %s", findings.path, what);
    if (findings.json)
        bc_message_json(json_pack("{s:b, s:s}", "verified", 0, "reason", what));
    bc_message_exit(BC_EXIT_REFUSED);
}

/* Verifies a checkpoint from another file by the keys of the log. */
static void open_checkpoint(const char *option, const struct bc_bundle_text *file,
                            struct bc_checkpoint *out)
{
    size_t text_len, signer;
    enum bc_result r =
        bc_note_open(file->data, file->len, wanted.keys, wanted.key_count, &text_len, &signer);

    if (r == BC_OK)
        r = bc_checkpoint_parse(file->data, text_len, out);
    if (r != BC_OK)
        refuse("%s: %s", option,
               r == BC_ERR_INVALID ? "not a signed checkpoint of a consent store"
                                   : bc_result_text(r));
}

/* Which of the two was signed first does not matter: they say the same of log and register. */
static void check_cosigned(void)
{
    const struct bc_checkpoint *own = &findings.b->checkpoint;
    enum bc_follow follow = BC_FOLLOW_FOLLOWS;
    struct bc_checkpoint cosigned;

    open_checkpoint("--cosigned", &wanted.cosigned, &cosigned);
    if (cosigned.log_size == own->log_size && cosigned.signed_at < own->signed_at)
        (void)bc_checkpoint_follow(&cosigned, own, NULL, NULL, &follow);
    else
        (void)bc_checkpoint_follow(own, &cosigned, NULL, NULL, &follow);
    switch (follow) {
    case BC_FOLLOW_SAME:
        return;
    case BC_FOLLOW_OTHER_LOG:
        refuse("--cosigned: the checkpoint is of another log: %s", cosigned.origin);
    case BC_FOLLOW_FORKED:
        refuse("--cosigned: that checkpoint and the evidence's are two histories; keep both");
    default:
        refuse("--cosigned: that checkpoint is of %llu events and the evidence's of %llu; ask for "
               "evidence and cosignatures of one checkpoint",
               number(cosigned.log_size), number(own->log_size));
    }
}

static void check_witnesses(int64_t now)
{
    const struct bc_bundle_text *note = wanted.cosigned.data ? &wanted.cosigned : &findings.b->note;
    const char *missing = "";

    findings.witness_count = 0;
    for (size_t i = 0; i < wanted.witness_count; i++) {
        struct bc_witnessed *found = &findings.witnesses[findings.witness_count];
        enum bc_result r;

        found->key = wanted.witnesses[i];
        r = bc_cosignature_find(note->data, note->len, &found->key, &found->time);
        if (r == BC_ERR_NOT_FOUND) {
            missing = wanted.witnesses[i].name;
            continue;
        }
        if (r != BC_OK)
            refuse("the cosignature of the witness %s is wrong", found->key.name);
        if (found->time > now + BC_BUNDLE_CLOCK_ALLOWANCE)
            refuse("the witness %s cosigned in the future", found->key.name);
        findings.witness_count++;
    }
    if (findings.witness_count < wanted.quorum)
        refuse("the witness %s has not cosigned the checkpoint: %zu of the named witnesses have, "
               "and %zu must have",
               missing, findings.witness_count, wanted.quorum);
}

static void check_extends(void)
{
    const struct bc_checkpoint *own = &findings.b->checkpoint;
    const char *at = wanted.consistency.data;
    struct bc_checkpoint old;
    struct bc_proof proof;
    enum bc_follow follow;
    int empty;
    enum bc_result r;

    open_checkpoint("--extends", &wanted.extends, &old);
    if (at &&
        (bc_proof_text_parse(&at, at + wanted.consistency.len, &proof, &empty) != BC_OK || empty))
        refuse("--consistency: not a proof");
    r = bc_checkpoint_follow(&old, own, NULL, at ? &proof : NULL, &follow);
    if (r == BC_ERR_NOT_FOUND)
        refuse("--extends: the evidence's log has %llu events, the older one %llu; give the proof "
               "of bioconsent-log compare with --consistency",
               number(own->log_size), number(old.log_size));
    if (r != BC_OK)
        refuse(
            "--consistency: the proof does not lead from the older checkpoint to the evidence's");
    switch (follow) {
    case BC_FOLLOW_SAME:
    case BC_FOLLOW_FOLLOWS:
        findings.kept = old;
        findings.has_kept = 1;
        return;
    case BC_FOLLOW_OLDER:
        refuse("--extends: the evidence is older than that checkpoint of %llu events",
               number(old.log_size));
    case BC_FOLLOW_OTHER_LOG:
        refuse("--extends: that checkpoint is of another log: %s", old.origin);
    case BC_FOLLOW_CLOCK_BACKWARDS:
        refuse("--extends: the evidence's log is larger, but was signed before that checkpoint; "
               "keep both");
    default:
        refuse("--extends: that checkpoint and the evidence's are two histories; keep both");
    }
}

/* ---- the evidence ---- */

/* One byte too many is read of a file that is too large, which its parser then refuses. */
static void read_option(int option, size_t max, struct bc_bundle_text *out)
{
    const char *path = bc_args_value(&args, option, NULL);

    if (path)
        out->data = bc_input(path, max, &out->len);
}

static void verify_evidence(const char *path)
{
    const struct bc_bundle_trust trust = {wanted.keys, wanted.key_count, (int64_t)time(NULL)};
    struct bc_bundle_error err = {""};
    size_t len;
    char *data = bc_input(path, BC_BUNDLE_MAX, &len);

    read_option(OPTION_COSIGNED, BC_NOTE_MAX, &wanted.cosigned);
    read_option(OPTION_EXTENDS, BC_NOTE_MAX, &wanted.extends);
    read_option(OPTION_CONSISTENCY, BC_PROOF_TEXT_MAX, &wanted.consistency);
    if (bc_bundle_open(data, len, &trust, &findings.b, &err) != BC_OK)
        refuse("%s", err.what);
    free(data);
    if (wanted.cosigned.data)
        check_cosigned();
    check_witnesses(trust.now);
    if (wanted.extends.data)
        check_extends();
    findings.signer = &wanted.keys[findings.b->signer];
    if (findings.at == 0)
        findings.at = findings.b->checkpoint.signed_at;
    bc_findings_print(&findings);
    bc_bundle_free(findings.b);
}

/* Whatever keeps the evidence from being proven refuses it: 0, 1 and 2 are all that scripts need to
 * know. */
static int limit_exit(int code)
{
    return code > BC_EXIT_USAGE ? BC_EXIT_REFUSED : code;
}

int main(int argc, char **argv)
{
    int all[OPTIONS + 1];

    bc_message_at_exit(bc_message_flush);
    bc_message_at_exit(limit_exit);
    for (int i = 0; i < OPTIONS; i++)
        all[i] = i;
    all[OPTIONS] = -1;
    if (argc == 2 && strcmp(argv[1], "-h") == 0)
        argv[1] = (char[]){"--help"};
    if (!bc_args_parse(&args, options, all, argc - 1, argv + 1))
        bc_message_die(BC_EXIT_USAGE, "%s; see bioconsent-verify --help", args.error);
    if (bc_args_given(&args, OPTION_HELP)) {
        print_help();
        bc_message_exit(BC_EXIT_OK);
    }
    if (bc_args_given(&args, OPTION_VERSION)) {
        (void)puts("bioconsent-verify " BC_VERSION);
        bc_message_exit(BC_EXIT_OK);
    }
    if (args.operand_count != 1) {
        (void)fputs(usage, stderr);
        bc_message_exit(BC_EXIT_USAGE);
    }
    if (sodium_init() < 0)
        bc_message_die(BC_EXIT_REFUSED, "libsodium could not be initialised");
    findings.path = args.operand[0];
    findings.json = bc_args_given(&args, OPTION_JSON);
    findings.notices = bc_args_given(&args, OPTION_NOTICES);
    parse_key_options();
    parse_witness_options();
    parse_use_options();
    verify_evidence(findings.path);
    bc_message_exit(BC_EXIT_OK);
}
