/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "common/input.h"
#include "common/memory.h"
#include "common/output.h"
#include "log.h"
#include "proof/checkpoint.h"
#include "proof/proof-text.h"

#define ROOT_LABEL "root "
#define PROOF_FILE_MAX (BC_PROOF_TEXT_MAX + 64)

static const char help[] =
    "usage: bioconsent-log compare FILE FILE [--proof FILE] [--output FILE] [--evidence DIR]\n"
    "                              [--key VKEY ...] [--json]\n\n"
    "Tells whether two signed checkpoints of one store, in whatever order, are of one history:\n"
    "of equal size they must say the same; of different sizes the later log must begin with all\n"
    "of the earlier one, by a proof that is given or that the store makes. No store is needed\n"
    "with --key, and with --proof where the sizes differ. A FILE '-' is standard input.\n\n\n"
    "Exit: 0 one history, 1 two histories, or the later log was signed at an earlier time,\n"
    "      2 usage, 3 a file or a proof is missing, 4 busy, 5 a checkpoint or the proof is not to\n"
    "      be trusted\n\n"
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
    const struct bc_vkey *keys;
    size_t key_count;
    const struct signed_checkpoint *old, *new;
    enum bc_follow follow;
    struct bc_proof proof;
    /* The proof leads from this root, of the older one's size, to the later one's. */
    struct bc_hash root;
};

static void load_keys(struct comparison *c, const struct bc_args *args)
{
    static struct bc_vkey keys[BC_ARGS_LIST_MAX];

    c->keys = keys;
    c->key_count = args->option[BC_LOG_KEY].count;
    for (size_t i = 0; i < c->key_count; i++)
        if (bc_note_vkey_parse(args->option[BC_LOG_KEY].value[i], BC_KEY_NOTE, &keys[i]) != BC_OK)
            bc_message_die(BC_EXIT_USAGE, "--key %s: not a log's verifier key",
                           args->option[BC_LOG_KEY].value[i]);
    if (c->key_count == 0) {
        bc_log_load_config(c->log);
        c->keys = c->log->config.keys;
        c->key_count = c->log->config.key_count;
    }
}

static void load_checkpoint(const struct comparison *c, const char *path,
                            struct signed_checkpoint *s)
{
    size_t text_len, signer;
    enum bc_result r;

    s->name = path;
    s->note = bc_input(path, BC_NOTE_MAX, &s->len);
    r = bc_note_open(s->note, s->len, c->keys, c->key_count, &text_len, &signer);
    if (r == BC_OK)
        r = bc_checkpoint_parse(s->note, text_len, &s->checkpoint);
    if (r != BC_OK)
        bc_message_die(BC_EXIT_STORE, "%s: %s", path,
                       r == BC_ERR_INVALID ? "not a signed checkpoint of a consent store"
                                           : bc_result_text(r));
}

/* The one with the smaller log is the old one; of equal logs the one that was signed first. */
static int is_later(const struct bc_checkpoint *a, const struct bc_checkpoint *b)
{
    return a->log_size != b->log_size ? a->log_size > b->log_size : a->signed_at > b->signed_at;
}

/* ---- by a proof that was given ---- */

/* The file has "root" and the hashes; without a root the older checkpoint's is meant. A proof from
 * another root of that size to the later checkpoint shows that the later log does not hold the
 * older one: two histories. */
static void compare_by_file(struct comparison *c, const char *path)
{
    struct bc_checkpoint meant = c->old->checkpoint;
    struct bc_line first;
    size_t len;
    char *text = bc_input(path, PROOF_FILE_MAX, &len);
    const char *at = text, *end = text + len;
    int empty;
    enum bc_result r = BC_OK;

    if (bc_text_next_line(&at, end, &first) && bc_text_take_label(&first, ROOT_LABEL))
        r = bc_encoding_base64_decode(first.s, first.len, c->root.b, BC_HASH_BYTES);
    else
        at = text;
    if (r != BC_OK || bc_proof_text_parse(&at, end, &c->proof, &empty) != BC_OK || at != end ||
        empty)
        bc_message_die(BC_EXIT_STORE, "%s: not a proof", path);
    free(text);
    meant.log_root = c->root;
    if (bc_checkpoint_follow(&meant, &c->new->checkpoint, NULL, &c->proof, &c->follow) != BC_OK)
        bc_message_die(BC_EXIT_STORE,
                       "%s: the file does not prove that %s extends %s, nor that it does not", path,
                       c->new->name, c->old->name);
    if (!bc_merkle_hash_equal(&c->root, &c->old->checkpoint.log_root))
        c->follow = BC_FOLLOW_FORKED;
}

/* ---- by the store ---- */

/* Each of the two is held against the store. One that contradicts it is, with the store's own
 * checkpoint, the two histories; else the store makes the proof between them. */
static void compare_by_store(struct comparison *c)
{
    static struct signed_checkpoint own = {.name = "the store's own checkpoint"};
    enum bc_follow old, new;
    struct bc_nodes nodes;
    static struct bc_snapshot s;
    uint64_t size;
    enum bc_result r;

    bc_log_open_store(c->log, &s);
    if (strcmp(s.checkpoint.origin, c->new->checkpoint.origin) != 0)
        bc_message_die(BC_EXIT_NOT_FOUND, "the store is of %s: give a --proof",
                       s.checkpoint.origin);
    if (s.checkpoint.log_size < c->new->checkpoint.log_size)
        bc_message_die(BC_EXIT_NOT_FOUND, "the store has %llu events only: give a --proof",
                       (unsigned long long)s.checkpoint.log_size);
    nodes = bc_tile_nodes(&s.log);
    own.checkpoint = s.checkpoint;
    own.len = s.note.len;
    own.note = bc_memory_new(own.len, 1);
    memcpy(own.note, s.note.data, own.len);
    r = bc_checkpoint_follow(&c->old->checkpoint, &own.checkpoint, &nodes, NULL, &old);
    if (r == BC_OK)
        r = bc_checkpoint_follow(&c->new->checkpoint, &own.checkpoint, &nodes, NULL, &new);
    if (r == BC_OK && (old == BC_FOLLOW_FORKED || new == BC_FOLLOW_FORKED)) {
        /* The store's checkpoint takes the place of the one that agrees with the store. */
        if (old != BC_FOLLOW_FORKED)
            c->old = c->new;
        c->new = &own;
    }
    size = c->old->checkpoint.log_size;
    c->root = c->old->checkpoint.log_root;
    if (r == BC_OK && size && size < c->new->checkpoint.log_size) {
        r = bc_merkle_root(&nodes, size, &c->root);
        if (r == BC_OK)
            r = bc_merkle_consistency(&nodes, size, c->new->checkpoint.log_size, &c->proof);
    }
    if (r == BC_OK)
        r = bc_checkpoint_follow(&c->old->checkpoint, &c->new->checkpoint, &nodes, NULL,
                                 &c->follow);
    if (r != BC_OK)
        bc_message_die_result(BC_ERR_CORRUPT, "store", c->log->config.store_path);
    bc_store_close(s.store);
}

/* ---- what comes of it ---- */

/* Plain hashes where they begin at the older checkpoint. */
static size_t format_proof(const struct comparison *c, char out[PROOF_FILE_MAX])
{
    char base64[bc_encoding_base64_bytes(BC_HASH_BYTES)];
    size_t used = 0;

    if (!bc_merkle_hash_equal(&c->root, &c->old->checkpoint.log_root)) {
        bc_encoding_base64_encode(c->root.b, BC_HASH_BYTES, base64);
        used = (size_t)snprintf(out, PROOF_FILE_MAX, ROOT_LABEL "%s\n", base64);
    }
    return used + bc_proof_text_format(&c->proof, out + used);
}

static void save_evidence(const struct comparison *c, const char *folder, const char *proof,
                          size_t proof_len)
{
    char path[4096];
    const struct {
        const char *name;
        const void *data;
        size_t len;
    } files[] = {{"checkpoint-1", c->old->note, c->old->len},
                 {"checkpoint-2", c->new->note, c->new->len},
                 {"proof", proof, proof_len}};

    if (mkdir(folder, 0755) == 0)
        (void)chmod(folder, 0755);
    else if (errno != EEXIST)
        bc_message_die(BC_EXIT_STORE, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i].len == 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        bc_output_public(path, files[i].data, files[i].len);
    }
}

static void print_verdict(const struct comparison *c, const char *proof, size_t proof_len)
{
    /* What is not in the table means two histories, too. */
    static const struct verdict {
        const char *word, *begins, *verb, *ends;
    } verdicts[] = {
        [BC_FOLLOW_SAME] = {"same", "One history: ", "says the same as", ".\n"},
        [BC_FOLLOW_FOLLOWS] = {"extends", "One history: ", "extends", ". The proof:\n"},
        [BC_FOLLOW_CLOCK_BACKWARDS] =
            {"clock-backwards", "NOT SIGNED BY THE RULES: ", "extends",
             ", but was signed at an earlier time.\n"
             "A store never signs so: keep both, and ask its owner. The proof:\n"},
        [BC_FOLLOW_FORKED] =
            {"two-histories", "TWO HISTORIES, both signed: ", "contradicts",
             ".\nKeep both: they are the evidence that some were shown what others were not.\n"},
    };
    const struct verdict *v = &verdicts[verdicts[c->follow].word ? c->follow : BC_FOLLOW_FORKED];
    const struct bc_checkpoint *old = &c->old->checkpoint, *new = &c->new->checkpoint;
    char base64[bc_encoding_base64_bytes(BC_HASH_BYTES)];
    json_t *hashes;

    if (!c->log->json) {
        (void)printf("%s%s (%llu events) %s %s (%llu) of %s%s", v->begins, c->new->name,
                     (unsigned long long)new->log_size, v->verb, c->old->name,
                     (unsigned long long)old->log_size, old->origin, v->ends);
        (void)fwrite(proof, 1, proof_len, stdout);
        return;
    }
    hashes = json_array();
    for (size_t i = 0; i < c->proof.count; i++) {
        bc_encoding_base64_encode(c->proof.hash[i].b, BC_HASH_BYTES, base64);
        json_array_append_new(hashes, json_string(base64));
    }
    bc_encoding_base64_encode(c->root.b, BC_HASH_BYTES, base64);
    bc_message_json(json_pack(
        "{s:s, s:s, s:s, s:I, s:s, s:I, s:s, s:o}", "verdict", v->word, "origin", old->origin,
        "old", c->old->name, "old_size", (json_int_t)old->log_size, "new", c->new->name, "new_size",
        (json_int_t) new->log_size, "root_at_old_size", base64, "proof", hashes));
}

/* Exit status 1 is the verdict alone. */
static int is_verdict;

static int keep_verdict(int code)
{
    return code == BC_EXIT_REFUSED && !is_verdict ? BC_EXIT_STORE : code;
}

static int run_compare(struct bc_log *log, const struct bc_args *args)
{
    const char *proof = bc_args_value(args, BC_LOG_PROOF, NULL);
    const char *evidence = bc_args_value(args, BC_LOG_EVIDENCE, NULL);
    const char *path = bc_args_value(args, BC_LOG_OUTPUT, NULL);
    static struct signed_checkpoint files[2];
    static struct comparison c;
    char text[PROOF_FILE_MAX];
    int is_one_history;
    size_t len;
    enum bc_result r;

    bc_message_at_exit(keep_verdict);
    c.log = log;
    load_keys(&c, args);
    load_checkpoint(&c, args->operand[0], &files[0]);
    load_checkpoint(&c, args->operand[1], &files[1]);
    c.old = &files[is_later(&files[0].checkpoint, &files[1].checkpoint)];
    c.new = c.old == &files[0] ? &files[1] : &files[0];
    c.root = c.old->checkpoint.log_root;
    r = bc_checkpoint_follow(&c.old->checkpoint, &c.new->checkpoint, NULL, NULL, &c.follow);
    if (r != BC_OK && r != BC_ERR_NOT_FOUND)
        bc_message_die(BC_EXIT_STORE, "the checkpoints cannot be compared");
    if (r == BC_ERR_NOT_FOUND && proof)
        compare_by_file(&c, proof);
    else if (r == BC_ERR_NOT_FOUND)
        compare_by_store(&c);
    if (c.follow == BC_FOLLOW_OTHER_LOG)
        bc_message_die(BC_EXIT_USAGE, "%s and %s are checkpoints of different stores: %s and %s",
                       c.old->name, c.new->name, c.old->checkpoint.origin,
                       c.new->checkpoint.origin);
    is_one_history = c.follow == BC_FOLLOW_SAME || c.follow == BC_FOLLOW_FOLLOWS;
    len = format_proof(&c, text);
    if (path)
        bc_output_public(path, text, len);
    if (evidence && !is_one_history)
        save_evidence(&c, evidence, text, len);
    print_verdict(&c, text, len);
    is_verdict = 1;
    return is_one_history ? BC_EXIT_OK : BC_EXIT_REFUSED;
}

const struct bc_log_command bc_log_compare = {
    "compare",
    "tell whether two checkpoints are of one history",
    help,
    2,
    {BC_LOG_PROOF, BC_LOG_OUTPUT, BC_LOG_EVIDENCE, BC_LOG_KEY, -1},
    run_compare};
