/* SPDX-License-Identifier: BSD-2-Clause */

/* Notices as they are published: a struct of any content, and a file. Either the event is refused,
 * or it reads back as the same notice; a file that is accepted makes such an event, and what people
 * read of it holds every value that the body names, and no place that is left open. */

#include <sodium.h>

#include "base/text.h"
#include "consent/event.h"
#include "consent/notice.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(sodium_init() >= 0);
    return 0;
}

static void take_text(struct fuzz_input *in, char *out, size_t cap)
{
    size_t len = fuzz_take(in, 1) % (cap + 1);

    for (size_t i = 0; i < len; i++)
        out[i] = (char)fuzz_take(in, 1);
}

static void take_words(struct fuzz_input *in, struct bc_words *w)
{
    w->count = fuzz_take(in, 1) % (BC_WORDS_MAX + 2);
    for (size_t i = 0; i < w->count && i < BC_WORDS_MAX; i++)
        take_text(in, w->word[i], 8);
}

static void take_notice(struct fuzz_input *in, struct bc_notice *n)
{
    take_text(in, n->id, sizeof n->id);
    take_text(in, n->version, sizeof n->version);
    take_text(in, n->language, sizeof n->language);
    take_text(in, n->controller, sizeof n->controller);
    take_text(in, n->retention, sizeof n->retention);
    n->service_providers.count = fuzz_take(in, 1) % (BC_WORDS_MAX + 2);
    for (size_t i = 0; i < n->service_providers.count && i < BC_WORDS_MAX; i++)
        take_text(in, n->service_providers.line[i], 16);
    n->scope.modalities = (unsigned)fuzz_take(in, 1);
    n->scope.operations = (unsigned)fuzz_take(in, 1);
    take_words(in, &n->scope.providers);
    take_words(in, &n->scope.purposes);
    take_words(in, &n->jurisdictions);
    n->kind = (enum bc_kind)(fuzz_take(in, 1) % (BC_KINDS + 1));
    n->keeps_prior = (int)(fuzz_take(in, 1) & 1);
    n->givers = (unsigned)fuzz_take(in, 1);
    take_text(in, n->editorial, 8);
}

static int same_words(const struct bc_words *a, const struct bc_words *b)
{
    if (a->count != b->count)
        return 0;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->word[i], b->word[i]) != 0)
            return 0;
    return 1;
}

static int same(const struct bc_notice *a, const struct bc_notice *b)
{
    return strcmp(a->id, b->id) == 0 && strcmp(a->version, b->version) == 0 &&
           strcmp(a->language, b->language) == 0 && strcmp(a->controller, b->controller) == 0 &&
           strcmp(a->retention, b->retention) == 0 && a->kind == b->kind &&
           a->keeps_prior == b->keeps_prior && a->givers == b->givers &&
           strcmp(a->editorial, b->editorial) == 0 && a->scope.modalities == b->scope.modalities &&
           a->scope.operations == b->scope.operations &&
           a->service_providers.count == b->service_providers.count &&
           same_words(&a->scope.providers, &b->scope.providers) &&
           same_words(&a->scope.purposes, &b->scope.purposes) &&
           same_words(&a->jurisdictions, &b->jurisdictions);
}

static void text_oracle(const uint8_t *data, size_t size)
{
    if (!bc_text_clean((const char *)data, size, 1))
        return;
    for (size_t i = 0; i < size; i++) {
        must(data[i] >= 0x20 ? data[i] != 0x7f : data[i] == '\n');
        must(i == 0 || data[i - 1] != 0xc2 || data[i] >= 0xa0);
        must(data[i] != 0xc0 && data[i] != 0xc1 && data[i] < 0xf5);
    }
}

static void round_trip(const struct bc_event *e, int must_encode)
{
    static struct bc_event again;
    static char json[BC_EVENT_MAX];
    size_t len;
    enum bc_result r = bc_event_encode(e, json, &len);

    must(r == BC_OK || !must_encode);
    if (r != BC_OK)
        return;
    must(bc_event_decode(json, len, &again) == BC_OK);
    must(again.type == BC_EVENT_NOTICE && same(&e->u.notice, &again.u.notice));
}

static int holds(const char *text, size_t len, const char *value)
{
    return memmem(text, len, value, strlen(value)) != NULL;
}

static void file_oracle(const uint8_t *data, size_t size)
{
    static struct bc_notice_file f;
    static struct bc_event e;
    struct bc_ini_file_error err;
    char *shown;
    size_t len;

    if (bc_notice_parse("f", (const char *)data, size, &f, &err) != BC_OK)
        return;
    must(bc_text_clean((const char *)data, size, 1));
    must(bc_notice_render(&f, (const char *)data, size, &shown, &len) == BC_OK);
    must(strlen(shown) == len && bc_text_clean(shown, len, 1));
    must(!strpbrk(shown, "{}"));
    for (int s = 0; s < BC_SLOTS; s++)
        if (f.stated & (1U << s))
            must(f.slot[s][0] && holds(shown, len, f.slot[s]));
    for (size_t i = 0; i < f.notice.service_providers.count; i++)
        must(holds(f.slot[BC_SLOT_SERVICE_PROVIDERS], strlen(f.slot[BC_SLOT_SERVICE_PROVIDERS]),
                   f.notice.service_providers.line[i]));
    free(shown);
    memset(&e, 0, sizeof e);
    e.type = BC_EVENT_NOTICE;
    bc_notice_apply(&f, NULL, 0, 0, &e.u.notice);
    round_trip(&e, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bc_event e;
    struct fuzz_input in = {data, size};

    text_oracle(data, size);
    file_oracle(data, size);
    memset(&e, 0, sizeof e);
    e.type = BC_EVENT_NOTICE;
    take_notice(&in, &e.u.notice);
    round_trip(&e, 0);
    return 0;
}
