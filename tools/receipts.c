/* SPDX-License-Identifier: BSD-2-Clause */
#include "receipts.h"

#include <string.h>

#include "output.h"

enum bc_reason bc_receipts_fetch(const struct bc_tool *tool, const struct bc_subject *subject,
                                 const uint64_t *event, struct bc_sheet *sheet)
{
    struct bc_request r = {.ask = BC_ASK_RECEIPT, .external = subject->external,
                           .uid = subject->uid, .has_event = event != NULL,
                           .event = event ? *event : 0};

    memcpy(r.user, subject->name, sizeof r.user);
    return bc_ask_sheet(&r, tool->config_given ? tool->config : NULL, sheet);
}

int bc_receipts_save(const struct bc_tool *tool, const char *path, const struct bc_subject *subject,
                     const uint64_t *event)
{
    struct bc_sheet sheet = {.len = 0};
    enum bc_reason reason;
    int code;

    if (!path)
        return 0;
    reason = bc_receipts_fetch(tool, subject, event, &sheet);
    if (reason != BC_ALLOW)
        return bc_fail_reason(reason, "it is recorded, but there is no receipt:", "");
    code = bc_output_write(path, sheet.text, sheet.len);
    bc_sheet_free(&sheet);
    return code;
}
