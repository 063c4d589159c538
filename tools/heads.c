/* SPDX-License-Identifier: BSD-2-Clause */
#include "heads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "output.h"
#include "proof-text.h"

#define ROOT_LABEL "root "
#define PROOF_FILE_MAX (BC_PROOF_TEXT_MAX + 64)

/* A checkpoint whose signature was verified. */
struct head {
    const char *name; /* of the file, or of the store */
    char *note;
    size_t len;
    struct bc_head head;
    int full; /* it is one of ours, with a register */
    struct bc_checkpoint checkpoint;
};

enum verdict { SAME, EXTENDS, TWO_HISTORIES };

struct comparison {
    struct bc_tool *tool;
    struct bc_vkey keys[BC_TRUSTED_KEYS_MAX];
    size_t key_count;
    struct head old, new, store;
    struct bc_proof proof;
    /* The proof leads from this root, of the older one's size, to the later one's. */
    struct bc_hash root;
};

static int load_keys(struct comparison *c, struct bc_args *args)
{
    const struct bc_arg *given = bc_arg(args, "key");
    int code;

    for (size_t i = 0; i < given->count; i++)
        if (bc_vkey_parse(given->list[i], &c->keys[c->key_count++]) != BC_OK)
            return bc_fail(BC_EXIT_USAGE, "%s: not a log's verifier key", given->list[i]);
    if (given->count)
        return 0;
    code = bc_tool_policy(c->tool);
    memcpy(c->keys, c->tool->policy.keys, sizeof c->keys);
    c->key_count = c->tool->policy.key_count;
    return code;
}

static int open_head(const struct comparison *c, struct head *h)
{
    size_t text_len, signer;
    enum bc_result r = bc_note_open(h->note, h->len, c->keys, c->key_count, &text_len, &signer);

    if (r == BC_OK)
        r = bc_head_parse(h->note, text_len, &h->head);
    if (r != BC_OK)
        return bc_fail(BC_EXIT_STORE, "%s: %s", h->name,
                       r == BC_ERR_INVALID ? "not a signed checkpoint" : bc_result_text(r));
    h->full = bc_checkpoint_parse(h->note, text_len, &h->checkpoint) == BC_OK;
    return 0;
}

static int load_head(struct comparison *c, const char *path, struct head *h)
{
    int code = bc_input(path, BC_NOTE_MAX, &h->note, &h->len);

    h->name = path;
    return code ? code : open_head(c, h);
}

static int load_heads(struct comparison *c, const struct bc_args *args)
{
    int code = load_head(c, args->operands[1], &c->old);

    if (!code)
        code = load_head(c, args->operands[2], &c->new);
    if (code)
        return code;
    if (strcmp(c->old.head.origin, c->new.head.origin) != 0)
        return bc_fail(BC_EXIT_USAGE, "%s and %s are checkpoints of different stores: %s and %s",
                       c->old.name, c->new.name, c->old.head.origin, c->new.head.origin);
    if (c->old.head.size > c->new.head.size) {
        struct head swap = c->old;
        c->old = c->new;
        c->new = swap;
    }
    return 0;
}

/* The register follows from the log: with two of them somebody was shown what the log does not say. */
static enum verdict same_size(const struct head *a, const struct head *b)
{
    if (!bc_hash_equal(&a->head.root, &b->head.root))
        return TWO_HISTORIES;
    if (a->full && b->full &&
        (a->checkpoint.register_size != b->checkpoint.register_size ||
         !bc_hash_equal(&a->checkpoint.register_root, &b->checkpoint.register_root)))
        return TWO_HISTORIES;
    return SAME;
}

/* ---- by a proof that was given ---- */

/* "root" and the hashes; without a root the older checkpoint's. */
static int parse_proof(struct comparison *c, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    struct bc_line first = {text, 0};
    int empty;

    c->root = c->old.head.root;
    if (bc_line_next(&at, end, &first) && bc_line_label(&first, ROOT_LABEL)) {
        if (bc_base64_decode(first.s, first.len, c->root.b, BC_HASH_BYTES) != BC_OK)
            return 0;
    } else {
        at = text;
    }
    return bc_proof_lines_parse(&at, end, &c->proof, &empty) == BC_OK && at == end && !empty;
}

static int by_file(struct comparison *c, const char *path, enum verdict *verdict)
{
    char *text;
    size_t len;
    int good, code = bc_input(path, PROOF_FILE_MAX, &text, &len);

    if (code)
        return code;
    good = parse_proof(c, text, len);
    free(text);
    if (!good)
        return bc_fail(BC_EXIT_STORE, "%s: not a proof", path);
    if (bc_merkle_verify_consistency(c->old.head.size, c->new.head.size, &c->root,
                                     &c->new.head.root, c->proof.hash, c->proof.count) != BC_OK)
        return bc_fail(BC_EXIT_STORE, "%s: it does not prove that %s extends %s, nor that it does "
                                      "not", path, c->new.name, c->old.name);
    *verdict = bc_hash_equal(&c->root, &c->old.head.root) ? EXTENDS : TWO_HISTORIES;
    return 0;
}

/* ---- by the store ---- */

static int take_store(struct comparison *c, const struct bc_snapshot *s)
{
    c->store.name = "the store's own checkpoint";
    c->store.note = malloc(s->note.len);
    if (!c->store.note)
        return bc_fail(BC_EXIT_STORE, "no memory");
    memcpy(c->store.note, s->note.data, s->note.len);
    c->store.len = s->note.len;
    c->store.full = 1;
    c->store.checkpoint = s->checkpoint;
    memcpy(c->store.head.origin, s->checkpoint.origin, sizeof c->store.head.origin);
    c->store.head.size = s->checkpoint.log_size;
    c->store.head.root = s->checkpoint.log_root;
    return 0;
}

/* Whether the store's tree once had this head; else it and the store's own head are the two histories, and
 * the proof says what was at its size. */
static int is_of_store(struct comparison *c, const struct bc_nodes *nodes, const struct head *h,
                       int *yes)
{
    struct bc_hash root;

    if (h->head.size == 0) {
        *yes = 1;
        return 0;
    }
    if (bc_merkle_root(nodes, h->head.size, &root) != BC_OK ||
        bc_merkle_extends(nodes, h->head.size, &root, c->store.head.size, &c->store.head.root) !=
            BC_OK ||
        bc_merkle_consistency(nodes, h->head.size, c->store.head.size, &c->proof) != BC_OK)
        return bc_fail_reason(BC_CORRUPT, "store", c->tool->policy.store_path);
    *yes = bc_hash_equal(&root, &h->head.root);
    c->root = root;
    return 0;
}

/* The store's checkpoint takes the place of the other one, whatever that says. */
static void against_store(struct comparison *c, int which_is_old)
{
    struct head *other = which_is_old ? &c->new : &c->old;

    free(other->note);
    if (!which_is_old)
        c->old = c->new;
    c->new = c->store;
    c->store.note = NULL;
}

static int by_nodes(struct comparison *c, const struct bc_nodes *nodes, enum verdict *verdict)
{
    int old_is = 0, new_is = 0;
    int code = is_of_store(c, nodes, &c->old, &old_is);

    if (!code && old_is)
        code = is_of_store(c, nodes, &c->new, &new_is);
    if (code)
        return code;
    if (!old_is || !new_is) {
        against_store(c, !old_is);
        *verdict = TWO_HISTORIES;
        return 0;
    }
    if (bc_merkle_consistency(nodes, c->old.head.size, c->new.head.size, &c->proof) != BC_OK)
        return bc_fail_reason(BC_CORRUPT, "store", c->tool->policy.store_path);
    c->root = c->old.head.root;
    *verdict = EXTENDS;
    return 0;
}

static int by_store(struct comparison *c, enum verdict *verdict)
{
    struct bc_snapshot s;
    struct bc_nodes nodes;
    int code = bc_tool_policy(c->tool);

    if (!code)
        code = bc_tool_snapshot(c->tool, &s, 1);
    if (code)
        return code;
    nodes = bc_tiles_nodes(&s.log);
    code = take_store(c, &s);
    if (!code && strcmp(c->store.head.origin, c->new.head.origin) != 0)
        code = bc_fail(BC_EXIT_NOT_FOUND, "the store is of %s: give a --proof",
                       c->store.head.origin);
    else if (!code && c->store.head.size < c->new.head.size)
        code = bc_fail(BC_EXIT_NOT_FOUND, "the store has %llu events only: give a --proof",
                       (unsigned long long)c->store.head.size);
    if (!code)
        code = by_nodes(c, &nodes, verdict);
    bc_store_close(s.store);
    return code;
}

/* ---- what comes of it ---- */

static int decide(struct comparison *c, struct bc_args *args, enum verdict *verdict)
{
    const char *proof = bc_arg_value(args, "proof", NULL);

    c->root = c->old.head.root;
    if (c->old.head.size == c->new.head.size) {
        *verdict = same_size(&c->old, &c->new);
        return 0;
    }
    if (c->old.head.size == 0) {
        *verdict = EXTENDS;
        return 0;
    }
    return proof ? by_file(c, proof, verdict) : by_store(c, verdict);
}

/* Plain hashes where they begin at the older checkpoint. */
static size_t proof_text(const struct comparison *c, char out[PROOF_FILE_MAX])
{
    char base64[bc_base64_bytes(BC_HASH_BYTES)];
    size_t used = 0, len = 0;

    if (!bc_hash_equal(&c->root, &c->old.head.root)) {
        bc_base64_encode(c->root.b, BC_HASH_BYTES, base64);
        used = (size_t)snprintf(out, PROOF_FILE_MAX, ROOT_LABEL "%s\n", base64);
    }
    (void)bc_proof_lines_format(&c->proof, out + used, PROOF_FILE_MAX - used, &len);
    return used + len;
}

static int save(const char *folder, const char *name, const void *data, size_t len)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return bc_output_public(path, data, len);
}

static int save_evidence(const struct comparison *c, const char *folder)
{
    char text[PROOF_FILE_MAX];
    size_t len = proof_text(c, text);
    int code = 0;

    if (mkdir(folder, 0755) == 0)
        (void)chmod(folder, 0755);
    else if (errno != EEXIST)
        code = bc_fail(BC_EXIT_STORE, "%s: %s", folder, strerror(errno));
    if (!code)
        code = save(folder, "checkpoint-1", c->old.note, c->old.len);
    if (!code)
        code = save(folder, "checkpoint-2", c->new.note, c->new.len);
    if (!code && len)
        code = save(folder, "proof", text, len);
    return code;
}

static void print_json(const struct comparison *c, enum verdict verdict)
{
    static const char *const words[] = {"same", "extends", "two-histories"};
    json_t *proof = json_array();
    char base64[bc_base64_bytes(BC_HASH_BYTES)];

    for (size_t i = 0; i < c->proof.count; i++) {
        bc_base64_encode(c->proof.hash[i].b, BC_HASH_BYTES, base64);
        json_array_append_new(proof, json_string(base64));
    }
    bc_base64_encode(c->root.b, BC_HASH_BYTES, base64);
    bc_print_json(json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:s, s:o}", "verdict", words[verdict],
                            "origin", c->old.head.origin, "old", c->old.name, "old_size",
                            (json_int_t)c->old.head.size, "new", c->new.name, "new_size",
                            (json_int_t)c->new.head.size, "root_at_old_size", base64, "proof",
                            proof));
}

static void print_text(const struct comparison *c, enum verdict verdict)
{
    char text[PROOF_FILE_MAX];
    size_t len = proof_text(c, text);
    unsigned long long old = c->old.head.size, new = c->new.head.size;

    if (verdict == SAME)
        (void)printf("One history: %s and %s are of the same %llu events of %s.\n", c->old.name,
                     c->new.name, new, c->new.head.origin);
    else if (verdict == EXTENDS)
        (void)printf("One history: %s (%llu events) extends %s (%llu) of %s. The proof:\n",
                     c->new.name, new, c->old.name, old, c->old.head.origin);
    else
        (void)printf("TWO HISTORIES of %s, both signed: %s (%llu events) and %s (%llu).\n"
                     "Keep both: they are the evidence. Somebody was shown what others were not.\n",
                     c->old.head.origin, c->old.name, old, c->new.name, new);
    (void)fwrite(text, 1, len, stdout);
}

static int tell(const struct comparison *c, struct bc_args *args, enum verdict verdict)
{
    const char *evidence = bc_arg_value(args, "evidence", NULL);
    const char *path = bc_arg_value(args, "write-proof", NULL);
    char text[PROOF_FILE_MAX];
    int code = 0;

    if (path)
        code = bc_output_public(path, text, proof_text(c, text));
    if (!code && evidence && verdict == TWO_HISTORIES)
        code = save_evidence(c, evidence);
    if (code)
        return code;
    if (c->tool->json)
        print_json(c, verdict);
    else
        print_text(c, verdict);
    return verdict == TWO_HISTORIES ? BC_EXIT_REFUSED : BC_EXIT_OK;
}

static int steps(struct comparison *c, struct bc_args *args)
{
    enum verdict verdict = SAME;
    int code = load_keys(c, args);

    if (!code)
        code = load_heads(c, args);
    if (!code)
        code = decide(c, args, &verdict);
    /* 1 is for two histories alone. */
    if (code)
        return code == BC_EXIT_REFUSED ? BC_EXIT_STORE : code;
    return tell(c, args, verdict);
}

int bc_heads_compare(struct bc_tool *tool, struct bc_args *args)
{
    struct comparison *c = calloc(1, sizeof *c);
    int code;

    if (!c)
        return bc_fail(BC_EXIT_STORE, "no memory");
    c->tool = tool;
    code = steps(c, args);
    free(c->old.note);
    free(c->new.note);
    free(c->store.note);
    free(c);
    return code;
}
