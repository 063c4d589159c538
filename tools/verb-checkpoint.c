/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "cosigned.h"
#include "files.h"
#include "heads.h"
#include "output.h"
#include "text.h"
#include "tool.h"
#include "witness.h"

static const char help[] =
    "usage: bioconsent checkpoint show\n"
    "       bioconsent checkpoint export [FILE]\n"
    "       bioconsent checkpoint compare A B [--proof FILE] [--write-proof FILE] [--evidence DIR]\n"
    "                             [--key VKEY,...]\n"
    "       bioconsent checkpoint request [SIZE] [--witness NAME] [--output FILE]\n"
    "       bioconsent checkpoint add-cosignature ANSWER [--request FILE] [--key VKEY,...]\n\n"
    "show says what the store's checkpoint is and who stands behind it; export writes it as it is.\n"
    "compare tells whether the later of two checkpoints extends the other, by a proof that is given\n"
    "or that the store makes. No store is needed with --key, and --proof where the sizes differ.\n"
    "request makes what a witness is asked: SIZE is that of the last checkpoint it has cosigned, by\n"
    "itself the last one that the store knows of. add-cosignature takes the answer into the store.\n"
    "A file - is standard input.\n\n"
    "  --proof FILE        hashes in base64, one a line\n"
    "  --write-proof FILE  writes them\n"
    "  --evidence DIR      keeps both checkpoints and the proof there if they are two histories\n"
    "  --key VKEY          a log's key for compare, a witness's for add-cosignature\n"
    "  --witness NAME      as the policy or its key names it\n"
    "  --request FILE      the request that was answered, if the store has changed since\n\n"
    "Exit of compare: 0 one history, 1 two, 3 nobody can tell, 5 not to be trusted.\n"
    "Exit of add-cosignature: 4 the witness has seen another size, which is printed.\n\n"
    "Example: bioconsent checkpoint request --output /tmp/ask\n"
    "         ssh witness.example bioconsent witness </tmp/ask >/tmp/answer\n"
    "         bioconsent checkpoint add-cosignature /tmp/answer --request /tmp/ask\n";

/* ---- export, show ---- */

static int open_store(struct bc_tool *tool, struct bc_snapshot *s)
{
    int code = bc_tool_policy(tool);

    return code ? code : bc_tool_snapshot(tool, s, 1);
}

static int export(struct bc_tool *tool, const struct bc_args *args)
{
    struct bc_snapshot s;
    int code = open_store(tool, &s);

    if (code)
        return code;
    code = bc_output_public(args->operand_count > 1 ? args->operands[1] : NULL, s.note.data, s.note.len);
    bc_store_close(s.store);
    return code;
}

/* Appends what is known about one named witness. */
static void add_witness(json_t *list, const struct bc_snapshot *s, const struct bc_quorum_name *n)
{
    char when[BC_TIME_TEXT_BYTES] = "";
    int64_t time;
    enum bc_result r = bc_cosignature_find((const char *)s->note.data, s->note.len, &n->key, &time);

    if (r == BC_OK)
        bc_time_format(time, when);
    json_array_append_new(list, json_pack("{s:s, s:s, s:s?, s:b}", "name", n->name, "key_name",
                                          n->key.name, "time", r == BC_OK ? when : NULL, "valid",
                                          r == BC_OK || r == BC_ERR_NOT_FOUND));
}

static void print_witnesses(json_t *list)
{
    size_t i;
    json_t *w;

    json_array_foreach(list, i, w) {
        const char *time = json_string_value(json_object_get(w, "time"));
        (void)printf("witness    %s  %s\n", json_string_value(json_object_get(w, "name")),
                     time ? time
                     : json_is_true(json_object_get(w, "valid")) ? "has not cosigned it"
                                                                 : "THE COSIGNATURE IS WRONG");
    }
}

static int show(struct bc_tool *tool)
{
    char root[bc_base64_bytes(BC_HASH_BYTES)], when[BC_TIME_TEXT_BYTES];
    json_t *witnesses = json_array();
    const struct bc_quorum *q;
    struct bc_snapshot s;
    enum bc_reason reason;
    int code = open_store(tool, &s);

    if (code) {
        json_decref(witnesses);
        return code;
    }
    bc_base64_encode(s.checkpoint.log_root.b, BC_HASH_BYTES, root);
    bc_time_format(s.checkpoint.signed_at, when);
    q = tool->policy.quorum;
    for (size_t i = 0; i < q->name_count; i++)
        if (!q->names[i].group)
            add_witness(witnesses, &s, &q->names[i]);
    reason = bc_snapshot_witnessed(&s, &tool->policy, tool->now);
    if (tool->json) {
        bc_print_json(json_pack("{s:s, s:I, s:s, s:s, s:s, s:O, s:s?}", "origin",
                                s.checkpoint.origin, "size", (json_int_t)s.checkpoint.log_size,
                                "root", root, "signed", when, "signer",
                                tool->policy.keys[s.signer].name, "witnesses", witnesses,
                                "refused", reason == BC_ALLOW ? NULL : bc_reason_id(reason)));
    } else {
        (void)printf("origin     %s\nsize       %llu\nroot       %s\nsigned     %s\n",
                     s.checkpoint.origin, (unsigned long long)s.checkpoint.log_size, root, when);
        print_witnesses(witnesses);
        if (tool->policy.witness_path[0])
            (void)printf("believed   %s\n", reason == BC_ALLOW ? "yes" : bc_reason_id(reason));
    }
    bc_store_close(s.store);
    json_decref(witnesses);
    return BC_EXIT_OK;
}

/* ---- request ---- */

/* The witness's key by either of its names. */
static const struct bc_vkey *find_witness(const struct bc_quorum *q, const char *name)
{
    for (size_t i = 0; i < q->name_count; i++)
        if (!q->names[i].group && (strcmp(q->names[i].name, name) == 0 ||
                                   strcmp(q->names[i].key.name, name) == 0))
            return &q->names[i].key;
    return NULL;
}

static int old_size(struct bc_tool *tool, struct bc_args *args, struct bc_snapshot *s,
                    uint64_t *old)
{
    const char *name = bc_arg_value(args, "witness", NULL);
    const struct bc_vkey *key = name ? find_witness(tool->policy.quorum, name) : NULL;
    const char *given = args->operand_count > 1 ? args->operands[1] : NULL;

    if (name && !key)
        return bc_fail(BC_EXIT_NOT_FOUND, "%s: no witness %s; give the SIZE it told",
                       tool->policy.witness_path[0] ? tool->policy.witness_path : tool->config,
                       name);
    if (!given) {
        *old = bc_cosigned_size(s, &tool->policy, key);
        return 0;
    }
    if (bc_number_parse(given, strlen(given), s->checkpoint.log_size, old) != BC_OK)
        return bc_fail(BC_EXIT_USAGE, "%s: not a size from 0 to that of the store, %llu", given,
                       (unsigned long long)s->checkpoint.log_size);
    return 0;
}

static int make_request(struct bc_tool *tool, struct bc_args *args, struct bc_snapshot *s)
{
    struct bc_witness_request r = {.note = (const char *)s->note.data, .note_len = s->note.len};
    struct bc_nodes nodes = bc_tiles_nodes(&s->log);
    char text[BC_WITNESS_REQUEST_MAX];
    size_t len;
    int code = old_size(tool, args, s, &r.old_size);

    if (code)
        return code;
    if (r.old_size &&
        bc_merkle_consistency(&nodes, r.old_size, s->checkpoint.log_size, &r.proof) != BC_OK)
        return bc_fail_reason(BC_CORRUPT, "store", tool->policy.store_path);
    if (bc_witness_request_format(&r, text, sizeof text, &len) != BC_OK)
        return bc_fail(BC_EXIT_REFUSED, "the checkpoint is too large for a request");
    return bc_output_public(bc_arg_value(args, "output", NULL), text, len);
}

static int request(struct bc_tool *tool, struct bc_args *args)
{
    struct bc_snapshot s;
    int code = open_store(tool, &s);

    if (code)
        return code;
    code = make_request(tool, args, &s);
    bc_store_close(s.store);
    return code;
}

/* ---- add-cosignature ---- */

#define KEYS_MAX (BC_QUORUM_NAMES_MAX + BC_ARGS_LIST_MAX)

struct adding {
    char *answer;
    size_t len;
    char *request; /* NULL: about the store's own checkpoint */
    struct bc_bytes note;
    size_t key_count;
    struct bc_vkey keys[KEYS_MAX];
};

static int read_request(struct adding *a, const char *path)
{
    struct bc_witness_request r;
    size_t len;
    int code = bc_input(path, BC_WITNESS_REQUEST_MAX, &a->request, &len);

    if (code)
        return code;
    if (bc_witness_request_parse(a->request, len, &r) != BC_OK)
        return bc_fail(BC_EXIT_REFUSED, "%s: not a request to a witness", path);
    a->note = (struct bc_bytes){(const unsigned char *)r.note, r.note_len};
    return 0;
}

static int gather_keys(const struct bc_tool *tool, struct bc_args *args, struct adding *a)
{
    const struct bc_quorum *q = tool->policy.quorum;
    const struct bc_arg *given = bc_arg(args, "key");

    for (size_t i = 0; i < q->name_count; i++)
        if (!q->names[i].group)
            a->keys[a->key_count++] = q->names[i].key;
    for (size_t i = 0; i < given->count; i++)
        if (bc_vkey_parse_type(given->list[i], BC_KEY_COSIGNATURE, &a->keys[a->key_count++]) !=
            BC_OK)
            return bc_fail(BC_EXIT_USAGE, "%s: not a witness's verifier key", given->list[i]);
    if (a->key_count == 0)
        return bc_fail(BC_EXIT_USAGE, "no witness is known: name it in the policy of [witness], "
                                      "or with --key");
    return 0;
}

/* What a witness has to say that is no cosignature. */
static int refused(const struct bc_tool *tool, const struct adding *a)
{
    uint64_t size;

    if (bc_witness_conflict_size(a->answer, a->len, &size) == BC_OK) {
        if (tool->json)
            bc_print_json(json_pack("{s:b, s:I}", "added", 0, "size", (json_int_t)size));
        else
            (void)printf("%llu\n", (unsigned long long)size);
        return bc_fail(BC_EXIT_BUSY, "the witness has cosigned size %llu last; ask again: "
                                     "bioconsent checkpoint request %llu",
                       (unsigned long long)size, (unsigned long long)size);
    }
    return bc_fail(BC_EXIT_REFUSED, "the witness has %.*s", (int)strcspn(a->answer, "\n"),
                   a->answer);
}

static int fail_adding(enum bc_result r)
{
    switch (r) {
    case BC_ERR_UNKNOWN_KEY:
        return bc_fail(BC_EXIT_STORE, "no cosignature by a witness that is known here");
    case BC_ERR_SIGNATURE:
        return bc_fail(BC_EXIT_STORE, "the cosignature is wrong, or of another checkpoint; if the "
                                      "store has changed since, give the --request");
    case BC_ERR_FORK:
        return bc_fail(BC_EXIT_STORE, "the request is about another history than the store's");
    case BC_ERR_INVALID:
        return bc_fail(BC_EXIT_REFUSED, "not an answer of a witness");
    default:
        return bc_fail(BC_EXIT_REFUSED, "nothing was added: %s%s%s", bc_result_text(r),
                       r == BC_ERR_IO ? ": " : "", r == BC_ERR_IO ? strerror(errno) : "");
    }
}

static int put(struct bc_tool *tool, const struct adding *a, struct bc_cosigned *added)
{
    struct bc_snapshot s;
    enum bc_result r;
    int code = bc_tool_snapshot_to_write(tool, &s);

    if (code)
        return code;
    r = bc_cosigned_add(&s, &tool->policy, tool->now, a->keys, a->key_count, &a->note, a->answer,
                        a->len, added);
    if (r == BC_OK)
        r = bc_store_commit(s.store);
    bc_store_close(s.store);
    return r == BC_OK ? 0 : fail_adding(r);
}

static int add_steps(struct bc_tool *tool, struct bc_args *args, struct adding *a)
{
    const char *path = bc_arg_value(args, "request", NULL);
    struct bc_cosigned added;
    int code = bc_input(args->operands[1], BC_NOTE_MAX, &a->answer, &a->len);

    if (!code && strncmp(a->answer, "refused ", 8) == 0)
        return refused(tool, a);
    if (!code && path)
        code = read_request(a, path);
    if (!code)
        code = gather_keys(tool, args, a);
    if (!code)
        code = put(tool, a, &added);
    if (code)
        return code;
    if (tool->json)
        bc_print_json(json_pack("{s:b, s:I, s:b}", "added", 1, "cosignatures",
                                (json_int_t)added.count, "enough", added.enough));
    else
        (void)printf("%zu cosignature%s added%s.\n", added.count, added.count == 1 ? "" : "s",
                     added.enough ? "" : "; the quorum is not reached yet");
    return BC_EXIT_OK;
}

static int add_cosignature(struct bc_tool *tool, struct bc_args *args)
{
    struct adding *a;
    int code = bc_tool_policy(tool);

    if (code)
        return code;
    a = calloc(1, sizeof *a);
    if (!a)
        return bc_fail(BC_EXIT_REFUSED, "no memory");
    code = add_steps(tool, args, a);
    free(a->answer);
    free(a->request);
    free(a);
    return code;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "proof", .kind = BC_ARG_ONE},
                               {.name = "write-proof", .kind = BC_ARG_ONE},
                               {.name = "evidence", .kind = BC_ARG_ONE},
                               {.name = "key", .kind = BC_ARG_LIST},
                               {.name = "witness", .kind = BC_ARG_ONE},
                               {.name = "output", .kind = BC_ARG_ONE},
                               {.name = "request", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_tool_args(tool, &bc_verb_checkpoint, &args, argc, argv, 1, 3);

    if (code >= 0)
        return code;
    if (args.operand_count == 1 && strcmp(args.operands[0], "show") == 0)
        return show(tool);
    if (args.operand_count <= 2 && strcmp(args.operands[0], "export") == 0)
        return export(tool, &args);
    if (args.operand_count <= 2 && strcmp(args.operands[0], "request") == 0)
        return request(tool, &args);
    if (args.operand_count == 2 && strcmp(args.operands[0], "add-cosignature") == 0)
        return add_cosignature(tool, &args);
    if (args.operand_count == 3 && strcmp(args.operands[0], "compare") == 0)
        return bc_heads_compare(tool, &args);
    return bc_fail(BC_EXIT_USAGE, "checkpoint: show, export, compare, request or add-cosignature; "
                                  "see bioconsent checkpoint --help");
}

const struct bc_verb bc_verb_checkpoint = {
    "checkpoint", "export and compare checkpoints, and have them cosigned", help, run};
