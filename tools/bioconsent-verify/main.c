/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/args.h"
#include "base/datetime.h"
#include "base/text.h"
#include "findings.h"
#include "verify-checkpoint.h"

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
        "receipt),\nand shows what it proves and what it does not. It needs the key of the "
        "log, from a\nsource that you trust, and nothing else. - reads standard input.\n\n"
        "Options:\n",
        usage);
    bc_args_help(stdout, options, NULL);
    (void)puts("\nExamples:\n"
               "  bioconsent-verify alice.json --key consent.example/host1+0eece952+AQOh...\n"
               "  bioconsent-verify - --key \"$KEY\" --at 2026-03-01T12:00:00Z <receipt\n\n"
               "Exit status:\n  0  all of it is proven\n  1  refused\n  2  wrong usage");
}

enum { EXIT_PROVEN = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

struct verifying {
    struct bc_args args;
    struct bc_vkey keys[BC_ARGS_LIST_MAX];
    size_t key_count;
    struct bc_wanted wanted;
    struct bc_proven proven;
    int json;
};

__attribute__((format(printf, 2, 3))) static int fail(int code, const char *format, ...)
{
    char text[1024], clean[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bc_text_sanitize(text, clean, sizeof clean);
    (void)fprintf(stderr, "bioconsent-verify: %s\n", clean);
    return code;
}

/* ---- what is asked ---- */

static int parse_key_options(struct verifying *v)
{

    if (v->args.option[OPTION_KEY].count == 0)
        return fail(EXIT_USAGE, "--key is missing: the key of the log, from a source you trust");
    for (size_t i = 0; i < v->args.option[OPTION_KEY].count; i++)
        if (bc_note_vkey_parse(v->args.option[OPTION_KEY].value[i], &v->keys[v->key_count++]) !=
            BC_OK)
            return fail(EXIT_USAGE, "--key %s: not a key such as bioconsent key show prints",
                        v->args.option[OPTION_KEY].value[i]);
    return 0;
}

static int is_named_before(const struct bc_wanted *w, const struct bc_vkey *key)
{
    for (size_t i = 0; i < w->witness_count; i++)
        if (bc_note_vkey_same_key(&w->witnesses[i], key))
            return 1;
    return 0;
}

/* A witness that is named twice, under whatever names, would count twice. */
static int parse_witness_options(struct verifying *v)
{
    const char *quorum = bc_args_value(&v->args, OPTION_QUORUM, NULL);
    struct bc_wanted *w = &v->wanted;
    uint64_t k;

    for (size_t i = 0; i < v->args.option[OPTION_WITNESS].count; i++) {
        struct bc_vkey key;
        if (bc_note_vkey_parse_type(v->args.option[OPTION_WITNESS].value[i], BC_KEY_COSIGNATURE,
                                    &key) != BC_OK)
            return fail(EXIT_USAGE, "--witness %s: not a key of a witness",
                        v->args.option[OPTION_WITNESS].value[i]);
        if (is_named_before(w, &key))
            return fail(EXIT_USAGE, "--witness %s: the same key twice",
                        v->args.option[OPTION_WITNESS].value[i]);
        w->witnesses[w->witness_count++] = key;
    }
    w->quorum = w->witness_count;
    if (!quorum)
        return 0;
    if (bc_text_parse_number(quorum, strlen(quorum), w->witness_count, &k) != BC_OK || k == 0)
        return fail(EXIT_USAGE, "--quorum %s: not a number from 1 to that of the witnesses, %zu",
                    quorum, w->witness_count);
    w->quorum = (size_t)k;
    return 0;
}

static int check_option_pairs(struct verifying *v)
{
    if (bc_args_given(&v->args, OPTION_COSIGNED) && v->wanted.witness_count == 0)
        return fail(EXIT_USAGE, "--cosigned needs --witness: whose cosignatures count");
    if (bc_args_given(&v->args, OPTION_CONSISTENCY) && !bc_args_given(&v->args, OPTION_EXTENDS))
        return fail(EXIT_USAGE,
                    "--consistency needs --extends: the checkpoint that the proof begins at");
    return 0;
}

static int parse_word_option(struct verifying *v, int option, char out[BC_WORD_MAX + 1])
{
    const char *value = bc_args_value(&v->args, option, "");

    if (value[0] && !bc_name_word_valid(value))
        return fail(EXIT_USAGE, "--%s %s: use a-z 0-9 . _ -", options[option].name, value);
    memcpy(out, value, strlen(value) + 1);
    v->proven.asks |= value[0] != '\0';
    return 0;
}

static int parse_use_options(struct verifying *v)
{
    const char *modality = bc_args_value(&v->args, OPTION_MODALITY, NULL);
    const char *operation = bc_args_value(&v->args, OPTION_OPERATION, NULL);
    int code = parse_word_option(v, OPTION_PROVIDER, v->proven.use.provider);

    if (!code)
        code = parse_word_option(v, OPTION_PURPOSE, v->proven.use.purpose);
    if (code)
        return code;
    v->proven.asks |= modality || operation;
    if (!v->proven.asks)
        return 0;
    if (!modality || bc_vocabulary_value(BC_VOCABULARY_MODALITY, modality) < 0)
        return fail(EXIT_USAGE, "--modality: fingerprint, face, voice, palm or iris");
    if (!operation || bc_vocabulary_value(BC_VOCABULARY_OPERATION, operation) < 0)
        return fail(EXIT_USAGE, "--operation: authenticate or enroll");
    v->proven.use.modality =
        (enum bc_modality)bc_vocabulary_value(BC_VOCABULARY_MODALITY, modality);
    v->proven.use.operation =
        (enum bc_operation)bc_vocabulary_value(BC_VOCABULARY_OPERATION, operation);
    return 0;
}

static int parse_options(struct verifying *v)
{
    const char *at = bc_args_value(&v->args, OPTION_AT, NULL);
    int code = parse_key_options(v);

    if (!code)
        code = parse_witness_options(v);
    if (!code)
        code = check_option_pairs(v);
    v->json = bc_args_given(&v->args, OPTION_JSON);
    v->proven.notices = bc_args_given(&v->args, OPTION_NOTICES);
    if (!code)
        code = parse_use_options(v);
    if (!code && at &&
        (bc_datetime_parse(at, strlen(at), &v->proven.at) != BC_OK || v->proven.at == 0))
        code = fail(EXIT_USAGE, "--at %s: write it as 2026-11-24T07:10:01Z", at);
    return code;
}

/* ---- reading ---- */

/* Doubles the room; NULL, and the data freed, where there is no more. */
static char *grow(char *data, size_t *room)
{
    char *more = realloc(data, 2 * *room);

    if (!more)
        free(data);
    *room *= 2;
    return more;
}

/* All that there is, or more than a bundle holds; NULL with errno. */
static char *read_all(int fd, size_t *len)
{
    size_t room = 65536, n = 0;
    char *data = malloc(room);
    ssize_t got;

    while (data && n <= BC_BUNDLE_MAX) {
        got = read(fd, data + n, room - n);
        if (got == 0)
            break;
        if (got > 0)
            n += (size_t)got;
        else if (errno != EINTR) {
            free(data);
            return NULL;
        }
        if (n == room)
            data = grow(data, &room);
    }
    *len = n;
    return data;
}

static char *read_file(const char *name, size_t *len)
{
    int own = strcmp(name, "-") != 0;
    int fd = own ? open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
    char *data = fd < 0 ? NULL : read_all(fd, len);

    if (!data)
        (void)fail(EXIT_REFUSED, "%s: %s", own ? name : "standard input", strerror(errno));
    if (own && fd >= 0)
        (void)close(fd);
    return data;
}

static int refuse(const struct verifying *v, const char *what)
{
    if (v->json)
        (void)bc_findings_refuse(what);
    return fail(EXIT_REFUSED, "%s: refused: %s", v->args.operand[0], what);
}

/* Reads the files of the options that name one. Empty files are kept apart from none. */
static int read_others(struct verifying *v)
{
    static const int names[] = {OPTION_COSIGNED, OPTION_EXTENDS, OPTION_CONSISTENCY};
    struct bc_bundle_text *const to[] = {&v->wanted.cosigned, &v->wanted.extends,
                                         &v->wanted.consistency};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = bc_args_value(&v->args, names[i], NULL);
        if (path && !(to[i]->data = read_file(path, &to[i]->len)))
            return EXIT_REFUSED;
    }
    return 0;
}

static int verify(struct verifying *v)
{
    struct bc_proven *p = &v->proven;
    struct bc_bundle_error err = {""};
    size_t len, signer;
    char *data = read_file(v->args.operand[0], &len);
    enum bc_result r;
    int done;

    if (!data)
        return EXIT_REFUSED;
    if (read_others(v) != 0) {
        free(data);
        return EXIT_REFUSED;
    }
    v->wanted.keys = v->keys;
    v->wanted.key_count = v->key_count;
    r = bc_bundle_open(data, len, v->keys, v->key_count, (int64_t)time(NULL), &p->b, &signer, &err);
    free(data);
    if (r == BC_OK && (r = bc_verify_checkpoint(&v->wanted, (int64_t)time(NULL), p, &err)) != BC_OK)
        bc_bundle_free(p->b);
    free(v->wanted.cosigned.data);
    free(v->wanted.extends.data);
    free(v->wanted.consistency.data);
    if (r != BC_OK)
        return refuse(v, err.what);
    p->signer = &v->keys[signer];
    if (p->at == 0)
        p->at = p->b->checkpoint.signed_at;
    done = v->json ? bc_findings_json(p) : bc_findings_print(p);
    bc_bundle_free(p->b);
    return done ? EXIT_PROVEN
                : fail(EXIT_REFUSED, "there is no memory, or standard output cannot be written");
}

int main(int argc, char **argv)
{
    static struct verifying v;
    int all[OPTIONS + 1], code;

    for (int i = 0; i < OPTIONS; i++)
        all[i] = i;
    all[OPTIONS] = -1;
    if (argc == 2 && strcmp(argv[1], "-h") == 0)
        argv[1] = (char[]){"--help"};
    if (!bc_args_parse(&v.args, options, all, argc - 1, argv + 1))
        return fail(EXIT_USAGE, "%s; see bioconsent-verify --help", v.args.error);
    if (bc_args_given(&v.args, OPTION_HELP)) {
        print_help();
        return EXIT_PROVEN;
    }
    if (bc_args_given(&v.args, OPTION_VERSION)) {
        (void)puts("bioconsent-verify " BC_VERSION);
        return EXIT_PROVEN;
    }
    if (v.args.operand_count != 1) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (sodium_init() < 0)
        return fail(EXIT_REFUSED, "libsodium could not be initialised");
    code = parse_options(&v);
    if (!code)
        code = verify(&v);
    if (fflush(stdout) != 0 && code == EXIT_PROVEN)
        code = fail(EXIT_REFUSED, "standard output could not be written");
    return code;
}
