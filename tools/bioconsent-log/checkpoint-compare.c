/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "common/input.h"
#include "common/output.h"
#include "log.h"
#include "proof/checkpoint.h"
#include "proof/proof-lines.h"

#define ROOT_LABEL "root "
#define PROOF_FILE_MAX (BC_PROOF_TEXT_MAX + 64)

static const char help[] =
    "usage: bioconsent-log compare FILE FILE [--proof FILE] [--output FILE] [--evidence DIR]\n"
    "                              [--key VKEY ...] [--json]\n\n"
    "Tells whether two signed checkpoints of one store, in whatever order, are of one history: of "
    "equal\n"
    "size they must say the same; of different sizes the later log must begin with all of the "
    "earlier\n"
    "one, by a proof that is given or that the store makes. No store is needed with --key, and "
    "with\n"
    "--proof where the sizes differ. A FILE '-' is standard input.\n\n"
    "\n"
    "Exit: 0 one history, 1 two histories, or the later log was signed at an earlier time, 2 "
    "usage,\n"
    "      3 a file or a proof is missing, 4 busy, 5 a checkpoint or the proof is not to be "
    "trusted\n\n"
    "Example: jq -j .checkpoint alice.json >new; bioconsent-log compare kept new --output proof\n"
    "         bioconsent-verify alice.json --key \"$KEY\" --extends kept --consistency proof\n";

/* A checkpoint whose signature was verified. */
struct signed_checkpoint {
    const char *name; /* of the file, or of the store */
    char *note;
    size_t len;
    struct bc_checkpoint checkpoint;
};

struct comparison {
    struct bc_log *log;
    struct bc_vkey keys[BC_TRUSTED_KEYS_MAX];
    size_t key_count;
    struct signed_checkpoint old, new, store;
    struct bc_proof proof;
    /* The proof leads from this root, of the older one's size, to the later one's. */
    struct bc_hash root;
};

static int load_keys(struct comparison *c, const struct bc_args *args)
{
    int code;

    for (size_t i = 0; i < args->option[BC_LOG_KEY].count; i++)
        if (bc_note_vkey_parse(args->option[BC_LOG_KEY].value[i], &c->keys[c->key_count++]) !=
            BC_OK)
            return bc_message_fail(BC_EXIT_USAGE, "--key %s: not a log's verifier key",
                                   args->option[BC_LOG_KEY].value[i]);
    if (args->option[BC_LOG_KEY].count)
        return 0;
    code = bc_log_policy(c->log);
    memcpy(c->keys, c->log->policy.keys, sizeof c->keys);
    c->key_count = c->log->policy.key_count;
    return code;
}

static int load_checkpoint(struct comparison *c, const char *path, struct signed_checkpoint *s)
{
    size_t text_len, signer;
    enum bc_result r;
    int code = bc_input(path, BC_NOTE_MAX, &s->note, &s->len);

    if (code)
        return code;
    s->name = path;
    r = bc_note_open(s->note, s->len, c->keys, c->key_count, &text_len, &signer);
    if (r == BC_OK)
        r = bc_checkpoint_parse(s->note, text_len, &s->checkpoint);
    if (r != BC_OK)
        return bc_message_fail(BC_EXIT_STORE, "%s: %s", path,
                               r == BC_ERR_INVALID ? "not a signed checkpoint of a consent store"
                                                   : bc_result_text(r));
    return 0;
}

/* The one with the smaller log is the old one; of equal logs the one that was signed first. */
static int is_later(const struct bc_checkpoint *a, const struct bc_checkpoint *b)
{
    return a->log_size != b->log_size ? a->log_size > b->log_size : a->signed_at > b->signed_at;
}

static int load_checkpoints(struct comparison *c, const struct bc_args *args)
{
    int code = load_checkpoint(c, args->operand[0], &c->old);

    if (!code)
        code = load_checkpoint(c, args->operand[1], &c->new);
    if (!code && is_later(&c->old.checkpoint, &c->new.checkpoint)) {
        struct signed_checkpoint swap = c->old;
        c->old = c->new;
        c->new = swap;
    }
    return code;
}

/* ---- by a proof that was given ---- */

/* Reads "root" and the hashes; without a root the older checkpoint's is meant. */
static int parse_proof(struct comparison *c, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    struct bc_line first = {text, 0};
    int empty;

    if (bc_text_next_line(&at, end, &first) && bc_text_take_label(&first, ROOT_LABEL)) {
        if (bc_encoding_base64_decode(first.s, first.len, c->root.b, BC_HASH_BYTES) != BC_OK)
            return 0;
    } else {
        at = text;
    }
    return bc_proof_lines_parse(&at, end, &c->proof, &empty) == BC_OK && at == end && !empty;
}

/* A proof from another root of that size to the later checkpoint shows that the later log does not
 * hold the older one: two histories. */
static int compare_by_file(struct comparison *c, const char *path, enum bc_follow *follow)
{
    struct bc_checkpoint meant = c->old.checkpoint;
    char *text;
    size_t len;
    int parsed, code = bc_input(path, PROOF_FILE_MAX, &text, &len);

    if (code)
        return code;
    parsed = parse_proof(c, text, len);
    free(text);
    if (!parsed)
        return bc_message_fail(BC_EXIT_STORE, "%s: not a proof", path);
    meant.log_root = c->root;
    if (bc_checkpoint_follow(&meant, &c->new.checkpoint, NULL, &c->proof, follow) != BC_OK)
        return bc_message_fail(
            BC_EXIT_STORE, "%s: the file does not prove that %s extends %s, nor that it does not",
            path, c->new.name, c->old.name);
    if (!bc_merkle_hash_equal(&c->root, &c->old.checkpoint.log_root))
        *follow = BC_FOLLOW_FORKED;
    return 0;
}

/* ---- by the store ---- */

/* Each of the two is held against the store. One that contradicts it is, with the store's own
 * checkpoint, the two histories; else the store makes the proof between them. */
static int compare_by_nodes(struct comparison *c, const struct bc_nodes *nodes,
                            enum bc_follow *follow)
{
    const struct bc_checkpoint *store = &c->store.checkpoint;
    enum bc_follow old, new;
    enum bc_result r = bc_checkpoint_follow(&c->old.checkpoint, store, nodes, NULL, &old);

    if (r == BC_OK)
        r = bc_checkpoint_follow(&c->new.checkpoint, store, nodes, NULL, &new);
    if (r == BC_OK && (old == BC_FOLLOW_FORKED || new == BC_FOLLOW_FORKED)) {
        /* The store's checkpoint takes the place of the one that agrees with the store. */
        free(old == BC_FOLLOW_FORKED ? c->new.note : c->old.note);
        if (old != BC_FOLLOW_FORKED)
            c->old = c->new;
        c->new = c->store;
        c->store.note = NULL;
    }
    c->root = c->old.checkpoint.log_root;
    if (r == BC_OK && c->old.checkpoint.log_size &&
        c->old.checkpoint.log_size < c->new.checkpoint.log_size) {
        r = bc_merkle_root(nodes, c->old.checkpoint.log_size, &c->root);
        if (r == BC_OK)
            r = bc_merkle_consistency(nodes, c->old.checkpoint.log_size, c->new.checkpoint.log_size,
                                      &c->proof);
    }
    if (r == BC_OK)
        r = bc_checkpoint_follow(&c->old.checkpoint, &c->new.checkpoint, nodes, NULL, follow);
    return r == BC_OK ? 0
                      : bc_message_fail_result(BC_ERR_CORRUPT, "store", c->log->policy.store_path);
}

static int compare_by_store(struct comparison *c, enum bc_follow *follow)
{
    struct bc_snapshot s;
    struct bc_nodes nodes;
    int code = bc_log_store(c->log, &s);

    if (code)
        return code;
    nodes = bc_tile_nodes(&s.log);
    if (strcmp(s.checkpoint.origin, c->new.checkpoint.origin) != 0)
        code = bc_message_fail(BC_EXIT_NOT_FOUND, "the store is of %s: give a --proof",
                               s.checkpoint.origin);
    else if (s.checkpoint.log_size < c->new.checkpoint.log_size)
        code = bc_message_fail(BC_EXIT_NOT_FOUND, "the store has %llu events only: give a --proof",
                               (unsigned long long)s.checkpoint.log_size);
    else if (!(c->store.note = malloc(s.note.len)))
        code = bc_message_fail(BC_EXIT_STORE, "no memory");
    if (!code) {
        memcpy(c->store.note, s.note.data, s.note.len);
        c->store.len = s.note.len;
        c->store.name = "the store's own checkpoint";
        c->store.checkpoint = s.checkpoint;
        code = compare_by_nodes(c, &nodes, follow);
    }
    bc_store_close(s.store);
    return code;
}

static int compare(struct comparison *c, const struct bc_args *args, enum bc_follow *follow)
{
    const char *proof = bc_args_value(args, BC_LOG_PROOF, NULL);
    int code;

    c->root = c->old.checkpoint.log_root;
    switch (bc_checkpoint_follow(&c->old.checkpoint, &c->new.checkpoint, NULL, NULL, follow)) {
    case BC_OK:
        code = 0;
        break;
    case BC_ERR_NOT_FOUND:
        code = proof ? compare_by_file(c, proof, follow) : compare_by_store(c, follow);
        break;
    default:
        code = bc_message_fail(BC_EXIT_STORE, "the checkpoints cannot be compared");
    }
    if (!code && *follow == BC_FOLLOW_OTHER_LOG)
        code = bc_message_fail(
            BC_EXIT_USAGE, "%s and %s are checkpoints of different stores: %s and %s", c->old.name,
            c->new.name, c->old.checkpoint.origin, c->new.checkpoint.origin);
    return code;
}

/* ---- what comes of it ---- */

/* Plain hashes where they begin at the older checkpoint. */
static size_t format_proof(const struct comparison *c, char out[PROOF_FILE_MAX])
{
    char base64[bc_encoding_base64_bytes(BC_HASH_BYTES)];
    size_t used = 0, len = 0;

    if (!bc_merkle_hash_equal(&c->root, &c->old.checkpoint.log_root)) {
        bc_encoding_base64_encode(c->root.b, BC_HASH_BYTES, base64);
        used = (size_t)snprintf(out, PROOF_FILE_MAX, ROOT_LABEL "%s\n", base64);
    }
    (void)bc_proof_lines_format(&c->proof, out + used, PROOF_FILE_MAX - used, &len);
    return used + len;
}

static int save_evidence(const struct comparison *c, const char *folder)
{
    char text[PROOF_FILE_MAX], path[4096];
    const struct {
        const char *name;
        const void *data;
        size_t len;
    } files[] = {{"checkpoint-1", c->old.note, c->old.len},
                 {"checkpoint-2", c->new.note, c->new.len},
                 {"proof", text, format_proof(c, text)}};
    int code = 0;

    if (mkdir(folder, 0755) == 0)
        (void)chmod(folder, 0755);
    else if (errno != EEXIST)
        return bc_message_fail(BC_EXIT_STORE, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof files / sizeof files[0] && !code; i++) {
        if (files[i].len == 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        code = bc_output_public(path, files[i].data, files[i].len);
    }
    return code;
}

static const char *verdict_name(enum bc_follow follow)
{
    switch (follow) {
    case BC_FOLLOW_SAME:
        return "same";
    case BC_FOLLOW_FOLLOWS:
        return "extends";
    case BC_FOLLOW_CLOCK_BACKWARDS:
        return "clock-backwards";
    default:
        return "two-histories";
    }
}

static void print_json(const struct comparison *c, enum bc_follow follow)
{
    json_t *proof = json_array();
    char base64[bc_encoding_base64_bytes(BC_HASH_BYTES)];

    for (size_t i = 0; i < c->proof.count; i++) {
        bc_encoding_base64_encode(c->proof.hash[i].b, BC_HASH_BYTES, base64);
        json_array_append_new(proof, json_string(base64));
    }
    bc_encoding_base64_encode(c->root.b, BC_HASH_BYTES, base64);
    bc_message_json(json_pack(
        "{s:s, s:s, s:s, s:I, s:s, s:I, s:s, s:o}", "verdict", verdict_name(follow), "origin",
        c->old.checkpoint.origin, "old", c->old.name, "old_size",
        (json_int_t)c->old.checkpoint.log_size, "new", c->new.name, "new_size",
        (json_int_t)c->new.checkpoint.log_size, "root_at_old_size", base64, "proof", proof));
}

static void print_text(const struct comparison *c, enum bc_follow follow)
{
    char text[PROOF_FILE_MAX];
    size_t len = format_proof(c, text);
    const char *origin = c->old.checkpoint.origin;
    unsigned long long old = c->old.checkpoint.log_size, new = c->new.checkpoint.log_size;

    switch (follow) {
    case BC_FOLLOW_SAME:
        (void)printf("One history: %s and %s are of the same %llu events of %s.\n", c->old.name,
                     c->new.name, new, origin);
        break;
    case BC_FOLLOW_FOLLOWS:
        (void)printf("One history: %s (%llu events) extends %s (%llu) of %s. The proof:\n",
                     c->new.name, new, c->old.name, old, origin);
        break;
    case BC_FOLLOW_CLOCK_BACKWARDS:
        (void)printf(
            "NOT SIGNED BY THE RULES: %s (%llu events) extends %s (%llu) of %s, but was signed "
            "at an earlier time.\nA store never signs so: keep both, and ask its owner. The "
            "proof:\n",
            c->new.name, new, c->old.name, old, origin);
        break;
    default:
        (void)printf(
            "TWO HISTORIES of %s, both signed: %s (%llu events) and %s (%llu).\n"
            "Keep both: they are the evidence that some were shown what others were not.\n",
            origin, c->old.name, old, c->new.name, new);
    }
    (void)fwrite(text, 1, len, stdout);
}

static int report(const struct comparison *c, const struct bc_args *args, enum bc_follow follow)
{
    const char *evidence = bc_args_value(args, BC_LOG_EVIDENCE, NULL);
    const char *path = bc_args_value(args, BC_LOG_OUTPUT, NULL);
    int one = follow == BC_FOLLOW_SAME || follow == BC_FOLLOW_FOLLOWS;
    char text[PROOF_FILE_MAX];
    int code = 0;

    if (path)
        code = bc_output_public(path, text, format_proof(c, text));
    if (!code && evidence && !one)
        code = save_evidence(c, evidence);
    if (code)
        return code == BC_EXIT_REFUSED ? BC_EXIT_STORE : code;
    if (c->log->json)
        print_json(c, follow);
    else
        print_text(c, follow);
    return one ? BC_EXIT_OK : BC_EXIT_REFUSED;
}

static int run_compare(struct bc_log *log, const struct bc_args *args)
{
    enum bc_follow follow = BC_FOLLOW_FORKED;
    struct comparison *c;
    int code;

    c = calloc(1, sizeof *c);
    if (!c)
        return bc_message_fail(BC_EXIT_STORE, "no memory");
    c->log = log;
    code = load_keys(c, args);
    if (!code)
        code = load_checkpoints(c, args);
    if (!code)
        code = compare(c, args, &follow);
    /* Exit status 1 is the verdict alone. */
    if (code == BC_EXIT_REFUSED)
        code = BC_EXIT_STORE;
    else if (!code)
        code = report(c, args, follow);
    free(c->old.note);
    free(c->new.note);
    free(c->store.note);
    free(c);
    return code;
}

const struct bc_log_command bc_log_compare = {
    "compare",
    "tell whether two checkpoints are of one history",
    help,
    2,
    {BC_LOG_PROOF, BC_LOG_OUTPUT, BC_LOG_EVIDENCE, BC_LOG_KEY, -1},
    run_compare};
