/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/table-row.h"

#include <string.h>

#define SLOT_BYTES 8

enum bc_result bc_table_row_event(struct bc_bytes row, struct bc_bytes *salt,
                                  struct bc_bytes *payload)
{
    if (row.len == BC_HASH_BYTES)
        return BC_ERR_ERASED;
    if (row.len <= BC_SALT_BYTES || row.len > BC_SALT_BYTES + BC_EVENT_MAX)
        return BC_ERR_CORRUPT;
    *salt = (struct bc_bytes){row.data, BC_SALT_BYTES};
    *payload = (struct bc_bytes){row.data + BC_SALT_BYTES, row.len - BC_SALT_BYTES};
    return BC_OK;
}

enum bc_result bc_table_row_erased(struct bc_bytes row, struct bc_hash *commitment)
{
    if (row.len != BC_HASH_BYTES)
        return BC_ERR_EXISTS;
    memcpy(commitment->b, row.data, BC_HASH_BYTES);
    return BC_OK;
}

enum bc_result bc_table_row_subject(struct bc_bytes key, struct bc_bytes row,
                                    unsigned char buffer[BC_LEAF_MAX], uint64_t *slot,
                                    struct bc_bytes *leaf)
{
    size_t head = bc_leaf_head(key.data, key.len, buffer);
    uint64_t v = 0;

    if (head == 0 || row.len <= SLOT_BYTES || row.len - SLOT_BYTES > BC_LEAF_MAX - head)
        return BC_ERR_CORRUPT;
    for (int i = 0; i < SLOT_BYTES; i++)
        v = v << 8 | row.data[i];
    memcpy(buffer + head, row.data + SLOT_BYTES, row.len - SLOT_BYTES);
    *slot = v;
    *leaf = (struct bc_bytes){buffer, head + row.len - SLOT_BYTES};
    return BC_OK;
}

size_t bc_table_row_make_subject(struct bc_bytes key, uint64_t slot, struct bc_bytes leaf,
                                 unsigned char out[BC_TABLE_ROW_SUBJECT_MAX])
{
    unsigned char head_bytes[BC_LEAF_HEAD_MAX];
    size_t head = bc_leaf_head(key.data, key.len, head_bytes);

    if (head == 0 || leaf.len <= head || leaf.len > BC_LEAF_MAX)
        return 0;
    for (int i = 0; i < SLOT_BYTES; i++)
        out[i] = (unsigned char)(slot >> (8 * (7 - i)));
    memcpy(out + SLOT_BYTES, leaf.data + head, leaf.len - head);
    return SLOT_BYTES + leaf.len - head;
}
