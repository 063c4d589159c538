/* SPDX-License-Identifier: BSD-2-Clause */

/* The least that a helper could be: links what bioconsent-check links, and exits. */

#include <ini.h>
#include <jansson.h>
#include <lmdb.h>
#include <sodium.h>

/* Kept, so that the linker keeps the libraries. */
extern const void *const bench_linked[];
const void *const bench_linked[] = {(const void *)ini_parse_string, (const void *)json_loadb,
                                    (const void *)mdb_env_create, (const void *)sodium_init};

int main(void)
{
    return bench_linked[0] == NULL;
}
