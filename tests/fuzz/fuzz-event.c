/* SPDX-License-Identifier: BSD-2-Clause */

/* Events and grants to import. What is read can be written, and what is written reads as the same.
 */

#include <sodium.h>

#include "consent/event.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(sodium_init() >= 0);
    return 0;
}

static void round_trip(const struct bc_event *e)
{
    static char once[BC_EVENT_MAX], twice[BC_EVENT_MAX];
    static struct bc_event again;
    size_t once_len, twice_len;

    must(bc_event_encode(e, once, &once_len) == BC_OK);
    must(bc_event_decode(once, once_len, &again) == BC_OK);
    must(bc_event_encode(&again, twice, &twice_len) == BC_OK);
    must(once_len == twice_len && memcmp(once, twice, once_len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bc_event e;
    unsigned given;

    if (bc_event_decode((const char *)data, size, &e) == BC_OK) {
        must(!memchr(data, 0, size));
        must(e.time >= 0 && (unsigned)e.type < BC_EVENT_TYPES);
        must(e.type == BC_EVENT_NOTICE || bc_name_subject_valid(bc_event_subject(&e)->name));
        round_trip(&e);
    }
    if (bc_event_decode_grant_line((const char *)data, size, &e.u.grant, &given) == BC_OK) {
        must(bc_name_subject_valid(e.u.grant.subject.name));
        must(!(given & BC_HAS_MODALITIES) || e.u.grant.scope.modalities);
        must((given & BC_HAS_NOTICE_ID) ? bc_name_word_valid(e.u.grant.notice_id)
                                        : e.u.grant.notice_id[0] == '\0');
    }
    return 0;
}
