/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/protocol.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MAGIC "bioconsent/1 "

static int word_or_empty(const char *word)
{
    return word[0] == '\0' || bc_name_word_valid(word);
}

static int is_hex(const char *text, size_t digits)
{
    return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

/* A notice is named by 64 lower-case hex digits. */
static int request_valid(const struct bc_request *r)
{
    size_t typed = strnlen(r->typed, BC_TYPED_MAX + 1);

    if (r->ask == BC_ASK_ACCEPT && (!is_hex(r->notice, 64) || typed == 0 || typed > BC_TYPED_MAX ||
                                    !bc_name_line_clean(r->typed, typed)))
        return 0;
    return bc_vocabulary_name(BC_VOCABULARY_ASK, r->ask) && is_hex(r->nonce, BC_NONCE_DIGITS) &&
           bc_vocabulary_name(BC_VOCABULARY_OPERATION, r->use.operation) &&
           bc_vocabulary_name(BC_VOCABULARY_MODALITY, r->use.modality) &&
           bc_name_subject_valid(r->use.subject.name) && word_or_empty(r->use.provider) &&
           word_or_empty(r->use.purpose);
}

enum bc_result bc_protocol_format_request(const struct bc_request *r, char out[BC_REQUEST_MAX],
                                          size_t *len)
{
    char own[BC_TYPED_MAX + 256] = "", uid[16] = "-";
    int n;

    if (!request_valid(r))
        return BC_ERR_INVALID;
    if (r->ask == BC_ASK_ACCEPT)
        (void)snprintf(own, sizeof own, "notice %s\ntyped %s\n", r->notice, r->typed);
    if (!r->use.subject.external)
        (void)snprintf(uid, sizeof uid, "%lu", (unsigned long)r->use.subject.uid);
    n = snprintf(out, BC_REQUEST_MAX,
                 MAGIC "%s\nnonce %s\nuid %s\nuser %s\noperation %s\nmodality %s\n"
                       "provider %s\npurpose %s\n%s",
                 bc_vocabulary_name(BC_VOCABULARY_ASK, r->ask), r->nonce, uid, r->use.subject.name,
                 bc_vocabulary_name(BC_VOCABULARY_OPERATION, r->use.operation),
                 bc_vocabulary_name(BC_VOCABULARY_MODALITY, r->use.modality),
                 r->use.provider[0] ? r->use.provider : "-",
                 r->use.purpose[0] ? r->use.purpose : "-", own);
    if (n < 0 || n >= BC_REQUEST_MAX)
        return BC_ERR_TOO_LARGE;
    *len = (size_t)n;
    return BC_OK;
}

/* Takes one line "label value\n" off the packet into value, which is not empty and gets a NUL. */
static int take_line(const char **at, const char *end, const char *label, char *value, size_t cap)
{
    struct bc_line line;

    if (!bc_text_next_line(at, end, &line) || !bc_text_take_label(&line, label) ||
        line.len >= cap || memchr(line.s, '\0', line.len))
        return 0;
    memcpy(value, line.s, line.len);
    value[line.len] = '\0';
    return 1;
}

static int read_uid(const char *s, struct bc_request *r)
{
    uint64_t uid = 0;

    r->use.subject.external = strcmp(s, "-") == 0;
    if (!r->use.subject.external &&
        bc_text_parse_number(s, strlen(s), UINT32_MAX - 1, &uid) != BC_OK)
        return 0;
    r->use.subject.uid = (uint32_t)uid;
    return 1;
}

/* A word that is not there has one form. */
static void clear_dash(char *word)
{
    if (strcmp(word, "-") == 0)
        word[0] = '\0';
}

enum bc_result bc_protocol_parse_request(const char *packet, size_t len, struct bc_request *out)
{
    const char *at = packet;
    const char *end = packet + len;
    char ask[16], uid[16], operation[16], modality[16];
    struct bc_request r = {.ask = BC_ASK_CHECK};

    if (len >= BC_REQUEST_MAX)
        return BC_ERR_TOO_LARGE;
    if (!take_line(&at, end, MAGIC, ask, sizeof ask) ||
        !take_line(&at, end, "nonce ", r.nonce, sizeof r.nonce) ||
        !take_line(&at, end, "uid ", uid, sizeof uid) ||
        !take_line(&at, end, "user ", r.use.subject.name, sizeof r.use.subject.name) ||
        !take_line(&at, end, "operation ", operation, sizeof operation) ||
        !take_line(&at, end, "modality ", modality, sizeof modality) ||
        !take_line(&at, end, "provider ", r.use.provider, sizeof r.use.provider) ||
        !take_line(&at, end, "purpose ", r.use.purpose, sizeof r.use.purpose))
        return BC_ERR_INVALID;
    clear_dash(r.use.provider);
    clear_dash(r.use.purpose);
    if (!bc_vocabulary_parse(BC_VOCABULARY_ASK, ask, &r.ask) ||
        (r.ask == BC_ASK_ACCEPT && (!take_line(&at, end, "notice ", r.notice, sizeof r.notice) ||
                                    !take_line(&at, end, "typed ", r.typed, sizeof r.typed))) ||
        at != end || !read_uid(uid, &r) ||
        !bc_vocabulary_parse(BC_VOCABULARY_OPERATION, operation, &r.use.operation) ||
        !bc_vocabulary_parse(BC_VOCABULARY_MODALITY, modality, &r.use.modality) ||
        !request_valid(&r))
        return BC_ERR_INVALID;
    *out = r;
    return BC_OK;
}

size_t bc_protocol_format_answer(const char *nonce, enum bc_reason reason, char out[BC_ANSWER_MAX])
{
    if (bc_reason_allows(reason))
        return (size_t)snprintf(out, BC_ANSWER_MAX, MAGIC "allow %s\n", nonce);
    return (size_t)snprintf(out, BC_ANSWER_MAX, MAGIC "refuse %s %s\n", nonce,
                            bc_reason_id(reason));
}

static int is_answer(const char *nonce, enum bc_reason reason, const char *packet, size_t len)
{
    char want[BC_ANSWER_MAX] = "";

    return bc_protocol_format_answer(nonce, reason, want) == len && memcmp(packet, want, len) == 0;
}

enum bc_reason bc_protocol_parse_answer(const char *nonce, const char *packet, size_t len)
{
    for (int r = 0; r < BC_REASONS; r++)
        if (!bc_reason_allows((enum bc_reason)r) &&
            is_answer(nonce, (enum bc_reason)r, packet, len))
            return (enum bc_reason)r;
    return is_answer(nonce, BC_REASON_ALLOW, packet, len) ? BC_REASON_ALLOW : BC_REASON_HELPER;
}
