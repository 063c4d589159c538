/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BC_TLOG_TILES_H
#define BC_TLOG_TILES_H

#include "snapshot.h"

/*
 * The log as files that any web server serves, c2sp.org/tlog-tiles:
 *
 *     checkpoint                   the signed note
 *     tile/<level>/<n>[.p/<width>] 256 hashes (or the first <width>)
 *     tile/entries/<n>[.p/<width>] the entries: commitments, which reveal nothing
 */

struct bc_published {
    uint64_t written;   /* files */
    uint64_t kept;      /* that were there already, with the same content */
    char finding[256];  /* what is in the way, and where */
};

/* Writes what is not there yet into an open folder, the checkpoint last: killed at any moment, the folder
 * holds a whole older log. Everything is compared with the signed root on the way. BC_ERR_BUSY (somebody
 * else publishes there); BC_ERR_ROLLBACK (a newer checkpoint is there); BC_ERR_FORK (another log, or other
 * tiles); BC_ERR_CORRUPT (the store); BC_ERR_IO with errno. out is filled in either case. */
enum bc_result bc_tlog_publish(struct bc_snapshot *s, int folder, struct bc_published *out);

#endif
