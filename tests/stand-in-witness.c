/* SPDX-License-Identifier: BSD-2-Clause */

/* Stands in for a witness in tests that are scripts: it remembers nothing and cosigns whatever it
 * is asked, so it says nothing about how a witness decides.
 *
 *     stand-in-witness NAME key             its verifier key
 *     stand-in-witness NAME <request        the answer to the request
 */

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cosign.h"

int main(int argc, char **argv)
{
    static char request[2 * BC_NOTE_MAX];
    unsigned char seed[BC_SEED_BYTES];
    char line[COSIGN_LINE_MAX], vkey[BC_VKEY_MAX], *note, *end;
    struct bc_skey key;
    struct bc_vkey pub;
    size_t len;

    if (argc < 2 || sodium_init() < 0)
        return 2;
    /* The name decides the key, so that no key has to be kept. */
    (void)crypto_generichash(seed, sizeof seed, (const unsigned char *)argv[1], strlen(argv[1]),
                             NULL, 0);
    if (bc_note_skey_from_seed(argv[1], seed, &key) != BC_OK)
        return 2;
    if (argc == 3) {
        cosign_key(&key, &pub);
        bc_note_vkey_format(&pub, vkey);
        (void)puts(vkey);
        return 0;
    }
    len = fread(request, 1, sizeof request - 1, stdin);
    request[len] = '\0';
    note = strstr(request, "\n\n");
    end = note ? strstr(note + 2, "\n\n") : NULL;
    if (strncmp(request, "old ", 4) != 0 || !end)
        return 1;
    note += 2;
    cosign_line(&key, (int64_t)time(NULL), note, (size_t)(end + 1 - note), line);
    (void)fputs(line, stdout);
    return 0;
}
