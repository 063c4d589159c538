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

static const char help[] =
    "usage: bioconsent-verify FILE|- --key VKEY [--at TIME] [--notices] [--json]\n"
    "           [--witness VKEY ... [--quorum K] [--cosigned CHECKPOINT]]\n"
    "           [--extends OLD-CHECKPOINT [--consistency PROOF]]\n"
    "           [--modality M --operation O [--provider P] [--purpose P]]\n\n"
    "Verifies evidence of consent that somebody else made (bioconsent evidence, or a receipt), "
    "and\n"
    "says what it proves and what it does not. Needs the key of the log, from a source you trust, "
    "and\n"
    "nothing else. '-' reads standard input.\n\n"
    "  --key VKEY   the log's key, as bioconsent key show prints it; may be given several times\n"
    "  --witness VKEY\n"
    "               a witness that must have cosigned the checkpoint; may be given several times\n"
    "  --quorum K   so many of the witnesses are enough; if it is not given, all must have "
    "cosigned\n"
    "  --cosigned CHECKPOINT\n"
    "               a file with the checkpoint and the cosignatures: DIR/cosigned of "
    "bioconsent-log\n"
    "  --extends OLD-CHECKPOINT\n"
    "               an older checkpoint that you kept: the log must extend it\n"
    "  --consistency PROOF\n"
    "               the proof of it, if the log has grown since: bioconsent-log compare writes it\n"
    "  --at TIME    was there consent at this time (2026-11-24T07:10:01Z)? Else: at the "
    "checkpoint's\n"
    "  --modality, --operation, --provider, --purpose\n"
    "               consent to just this? Else: to whatever each consent covers\n"
    "  --notices    print the notices' texts, too\n\n"
    "Examples: bioconsent-verify alice-1000.json --key consent.example/host1+0eece952+AQOh...\n"
    "          bioconsent-verify - --key \"$KEY\" --at 2026-03-01T12:00:00Z <receipt\n"
    "Exit: 0 all of it is proven, 1 refused, 2 usage\n";

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

static int take_keys(struct verifying *v)
{
    const struct bc_arg *keys = bc_arg(&v->args, "key");

    if (keys->count == 0)
        return fail(EXIT_USAGE, "--key is missing: the key of the log, from a source you trust");
    for (size_t i = 0; i < keys->count; i++)
        if (bc_note_vkey_parse(keys->list[i], &v->keys[v->key_count++]) != BC_OK)
            return fail(EXIT_USAGE, "--key %s: not a key such as bioconsent key show prints",
                        keys->list[i]);
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
static int take_witnesses(struct verifying *v)
{
    const struct bc_arg *witnesses = bc_arg(&v->args, "witness");
    const char *quorum = bc_arg_value(&v->args, "quorum", NULL);
    struct bc_wanted *w = &v->wanted;
    uint64_t k;

    for (size_t i = 0; i < witnesses->count; i++) {
        struct bc_vkey key;
        if (bc_note_vkey_parse_type(witnesses->list[i], BC_KEY_COSIGNATURE, &key) != BC_OK)
            return fail(EXIT_USAGE, "--witness %s: not a key of a witness", witnesses->list[i]);
        if (is_named_before(w, &key))
            return fail(EXIT_USAGE, "--witness %s: the same key twice", witnesses->list[i]);
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

static int take_others(struct verifying *v)
{
    if (bc_arg(&v->args, "cosigned")->given && v->wanted.witness_count == 0)
        return fail(EXIT_USAGE, "--cosigned needs --witness: whose cosignatures count");
    if (bc_arg(&v->args, "consistency")->given && !bc_arg(&v->args, "extends")->given)
        return fail(EXIT_USAGE,
                    "--consistency needs --extends: the checkpoint that the proof begins at");
    return 0;
}

static int take_word(struct verifying *v, const char *name, char out[BC_WORD_MAX + 1])
{
    const char *value = bc_arg_value(&v->args, name, "");

    if (value[0] && !bc_name_word_valid(value))
        return fail(EXIT_USAGE, "--%s %s: not a word", name, value);
    memcpy(out, value, strlen(value) + 1);
    v->proven.asks |= value[0] != '\0';
    return 0;
}

static int take_request(struct verifying *v)
{
    const char *modality = bc_arg_value(&v->args, "modality", NULL);
    const char *operation = bc_arg_value(&v->args, "operation", NULL);
    int code = take_word(v, "provider", v->proven.use.provider);

    if (!code)
        code = take_word(v, "purpose", v->proven.use.purpose);
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

static int take_options(struct verifying *v)
{
    const char *at = bc_arg_value(&v->args, "at", NULL);
    int code = take_keys(v);

    if (!code)
        code = take_witnesses(v);
    if (!code)
        code = take_others(v);
    v->json = bc_arg(&v->args, "json")->given;
    v->proven.notices = bc_arg(&v->args, "notices")->given;
    if (!code)
        code = take_request(v);
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
    return fail(EXIT_REFUSED, "%s: refused: %s", v->args.operands[0], what);
}

/* Reads the files of the options that name one. Empty files are kept apart from none. */
static int read_others(struct verifying *v)
{
    static const char *const names[] = {"cosigned", "extends", "consistency"};
    struct bc_bundle_text *const to[] = {&v->wanted.cosigned, &v->wanted.extends,
                                         &v->wanted.consistency};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = bc_arg_value(&v->args, names[i], NULL);
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
    char *data = read_file(v->args.operands[0], &len);
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
    struct bc_arg options[] = {
        {.name = "key", .kind = BC_ARG_LIST},      {.name = "witness", .kind = BC_ARG_LIST},
        {.name = "quorum", .kind = BC_ARG_ONE},    {.name = "cosigned", .kind = BC_ARG_ONE},
        {.name = "extends", .kind = BC_ARG_ONE},   {.name = "consistency", .kind = BC_ARG_ONE},
        {.name = "at", .kind = BC_ARG_ONE},        {.name = "modality", .kind = BC_ARG_ONE},
        {.name = "operation", .kind = BC_ARG_ONE}, {.name = "provider", .kind = BC_ARG_ONE},
        {.name = "purpose", .kind = BC_ARG_ONE},   {.name = "notices", .kind = BC_ARG_FLAG},
        {.name = "json", .kind = BC_ARG_FLAG},     {.name = "help", .kind = BC_ARG_FLAG},
        {.name = "version", .kind = BC_ARG_FLAG},  {.name = NULL}};
    int code;

    v.args.options = options;
    if (!bc_args_parse(&v.args, argc - 1, argv + 1))
        return fail(EXIT_USAGE, "%s; see bioconsent-verify --help", v.args.error);
    if (bc_arg(&v.args, "help")->given || bc_arg(&v.args, "version")->given) {
        (void)fputs(bc_arg(&v.args, "help")->given ? help : "bioconsent-verify " BC_VERSION "\n",
                    stdout);
        return EXIT_PROVEN;
    }
    if (v.args.operand_count != 1)
        return fail(EXIT_USAGE, "one FILE, or -; see bioconsent-verify --help");
    if (sodium_init() < 0)
        return fail(EXIT_REFUSED, "libsodium could not be initialised");
    code = take_options(&v);
    if (!code)
        code = verify(&v);
    if (fflush(stdout) != 0 && code == EXIT_PROVEN)
        code = fail(EXIT_REFUSED, "standard output could not be written");
    return code;
}
