/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "key.h"
#include "output.h"
#include "tool.h"
#include "witness.h"

#define INPUT_MAX (1 << 20)

static const char help[] =
    "usage: bioconsent witness init NAME [--folder DIR] [--seal] [--passphrase-file FILE]\n"
    "       bioconsent witness key [--folder DIR]\n"
    "       bioconsent witness [--folder DIR] [--request FILE] [--answer FILE]\n"
    "                          [--passphrase-file FILE]\n\n"
    "A witness for the stores of others: cosigns a checkpoint only if it extends the last one that it\n"
    "cosigned for that store, and remembers it before it answers. Reads one request and writes one\n"
    "answer, on standard input and output unless files are given; so it works through ssh.\n"
    "init makes a folder with a new key, and a file `logs' to write the stores' verifier keys into:\n"
    "one line `log VKEY' each. key prints the witness's own verifier key, for the stores.\n\n"
    "  --folder DIR            the witness (default: " BC_STATE_DIR "/witness)\n"
    "  --request FILE          what is asked, made by: bioconsent checkpoint request\n"
    "  --answer FILE           for: bioconsent checkpoint add-cosignature\n"
    "  --seal                  seal the key with a passphrase\n"
    "  --passphrase-file FILE  read it from FILE; for init this implies --seal\n\n"
    "Exit: 0 cosigned, 1 no proof, 2 no request, 3 unknown store, 4 another size, which the answer\n"
    "tells, 5 not signed by the store's key. What was refused is in the answer, too.\n\n"
    "Example: bioconsent checkpoint request | ssh witness.example bioconsent witness\n";

static const char logs_text[] =
    "# The stores this witness watches, one a line: log VKEY\n"
    "# VKEY is what \"bioconsent key show\" prints there; its name must be the store's origin.\n";

/* A witness's folder. */
struct place {
    char key[PATH_MAX];
    char logs[PATH_MAX];
    char heads[PATH_MAX];
};

static int find_place(const char *folder, struct place *p)
{
    if (folder[0] != '/' || strlen(folder) > PATH_MAX - 64)
        return bc_fail(BC_EXIT_USAGE, "witness: the folder's path must be absolute");
    (void)snprintf(p->key, sizeof p->key, "%s/key", folder);
    (void)snprintf(p->logs, sizeof p->logs, "%s/logs", folder);
    (void)snprintf(p->heads, sizeof p->heads, "%s/heads", folder);
    return 0;
}

static void print_key(const struct bc_tool *tool, const struct bc_vkey *key)
{
    char text[BC_VKEY_MAX];
    struct bc_vkey pub;

    bc_vkey_as(key, BC_KEY_COSIGNATURE, &pub);
    bc_vkey_format(&pub, text);
    if (tool->json)
        bc_print_json(json_pack("{s:s}", "key", text));
    else
        (void)puts(text);
}

/* ---- init, key ---- */

static int make_folders(const char *folder, const struct place *p)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return bc_fail(BC_EXIT_REFUSED, "%s: %s", folder, strerror(errno));
    if (mkdir(p->heads, 0700) != 0)
        return bc_fail(BC_EXIT_REFUSED, "%s: %s; nothing of it was changed", p->heads,
                       strerror(errno));
    return 0;
}

static int init(const struct bc_tool *tool, struct bc_args *args, const struct place *p)
{
    const char *folder = bc_arg_value(args, "folder", BC_STATE_DIR "/witness");
    struct bc_skey key;
    int code;

    if (bc_skey_generate(args->operands[1], &key) != BC_OK)
        return bc_fail(BC_EXIT_USAGE, "%s cannot name a key: no spaces, no '+', at most 128 bytes",
                       args->operands[1]);
    code = make_folders(folder, p);
    if (!code)
        code = bc_key_file_write(&key, p->key, bc_arg_value(args, "passphrase-file", NULL),
                                 bc_arg(args, "seal")->given);
    if (!code)
        code = bc_write_trusted(p->logs, logs_text, strlen(logs_text), 0644);
    if (!code)
        print_key(tool, &key.pub);
    bc_skey_wipe(&key);
    return code;
}

static int show_key(const struct bc_tool *tool, const struct place *p)
{
    struct bc_where where = {""};
    struct bc_vkey key;
    char *text;
    size_t len;
    enum bc_result r =
        bc_file_read(p->key, geteuid(), 077, BC_KEY_FILE_MAX - 1, &text, &len, &where);

    if (r == BC_OK) {
        r = bc_key_public(text, len, &key);
        memset(text, 0, len);
        free(text);
    }
    if (r != BC_OK)
        return bc_fail(r == BC_ERR_NOT_FOUND ? BC_EXIT_NOT_FOUND : BC_EXIT_REFUSED,
                       "%s: %s; make a witness: bioconsent witness init NAME", p->key,
                       bc_result_text(r));
    print_key(tool, &key);
    return BC_EXIT_OK;
}

/* ---- answering ---- */

static int exit_of(enum bc_witness_status status)
{
    switch (status) {
    case BC_WITNESS_OK:
        return BC_EXIT_OK;
    case BC_WITNESS_BAD_REQUEST:
        return BC_EXIT_USAGE;
    case BC_WITNESS_FORBIDDEN:
        return BC_EXIT_STORE;
    case BC_WITNESS_UNKNOWN_LOG:
        return BC_EXIT_NOT_FOUND;
    case BC_WITNESS_CONFLICT:
        return BC_EXIT_BUSY;
    default:
        return BC_EXIT_REFUSED;
    }
}

static int answer(struct bc_args *args, struct bc_witness *w)
{
    struct bc_witness_answer a;
    char *request;
    size_t len;
    int code = bc_input(bc_arg_value(args, "request", "-"), INPUT_MAX, &request, &len);

    if (code)
        return code;
    w->now = (int64_t)time(NULL); /* standard input may have come late */
    bc_witness_answer(w, request, len, &a);
    free(request);
    if (a.status != BC_WITNESS_OK)
        bc_say("witness: %s%s%.*s", a.origin, a.origin[0] ? ": " : "",
               (int)strcspn(a.text, "\n"), a.text);
    code = bc_output_public(bc_arg_value(args, "answer", NULL), a.text, strlen(a.text));
    return code ? code : exit_of(a.status);
}

static int serve(struct bc_tool *tool, struct bc_args *args, const struct place *p)
{
    static struct bc_quorum logs;
    struct bc_settings_error err = {.line = 0};
    struct bc_where where = {""};
    struct bc_skey key;
    struct bc_witness w = {.key = &key, .logs = &logs};
    enum bc_result r = bc_quorum_load(p->logs, geteuid(), 1, &logs, &err);
    int code;

    if (r != BC_OK)
        return bc_fail_settings(r, &err, p->logs);
    r = bc_folder_open(p->heads, geteuid(), 077, &w.heads, &where);
    if (r != BC_OK)
        return bc_fail(BC_EXIT_REFUSED, "%s: %s", where.path, bc_result_text(r));
    code = bc_key_file_read(p->key, bc_arg_value(args, "passphrase-file", NULL), &key);
    if (!code) {
        bc_file_sweep(w.heads, tool->now);
        code = answer(args, &w);
        bc_skey_wipe(&key);
    }
    close(w.heads);
    return code;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "folder", .kind = BC_ARG_ONE},
                               {.name = "request", .kind = BC_ARG_ONE},
                               {.name = "answer", .kind = BC_ARG_ONE},
                               {.name = "seal", .kind = BC_ARG_FLAG},
                               {.name = "passphrase-file", .kind = BC_ARG_ONE},
                               {.name = "json", .kind = BC_ARG_FLAG},
                               {.name = NULL}};
    struct bc_args args = {.options = options};
    struct place p;
    int code = bc_tool_args(tool, &bc_verb_witness, &args, argc, argv, 0, 2);

    if (code >= 0)
        return code;
    code = find_place(bc_arg_value(&args, "folder", BC_STATE_DIR "/witness"), &p);
    if (code)
        return code;
    if (args.operand_count == 0)
        return serve(tool, &args, &p);
    if (args.operand_count == 2 && strcmp(args.operands[0], "init") == 0)
        return init(tool, &args, &p);
    if (args.operand_count == 1 && strcmp(args.operands[0], "key") == 0)
        return show_key(tool, &p);
    return bc_fail(BC_EXIT_USAGE, "witness: init NAME, key, or a request; see bioconsent witness "
                                  "--help");
}

const struct bc_verb bc_verb_witness = {"witness", "cosign the checkpoints of other stores", help,
                                        run};
