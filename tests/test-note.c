/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "base/encoding.h"
#include "proof/checkpoint.h"
#include "proof/key-file.h"
#include "proof/note.h"

#define DASH "\xe2\x80\x94 "
#define PETER_SKEY "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define ENOCH "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define TEXT                                                                                       \
    "If you think cryptography is the answer to your problem,\n"                                   \
    "then you don't know what your problem is.\n"
#define PETER_LINE                                                                                 \
    DASH "PeterNeumann "                                                                           \
         "x08go/ZJkuBS9UG/"                                                                        \
         "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define ENOCH_LINE                                                                                 \
    DASH "EnochRoot "                                                                              \
         "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/"                                            \
         "5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"

static enum bc_result open_note(const char *note, const char *vkey)
{
    struct bc_vkey key;
    size_t len, signer;

    assert_int_equal(bc_note_vkey_parse(vkey, BC_KEY_NOTE, &key), BC_OK);
    return bc_note_open(note, strlen(note), &key, 1, &len, &signer);
}

static void note_sign_makes_the_published_note(void **state)
{
    struct bc_skey key;
    char out[BC_NOTE_MAX], text[BC_SKEY_MAX];
    size_t len;

    (void)state;
    assert_int_equal(bc_note_skey_parse(PETER_SKEY, &key), BC_OK);
    bc_note_skey_format(&key, text);
    assert_string_equal(text, PETER_SKEY);
    bc_note_vkey_format(&key.pub, text);
    assert_string_equal(text, PETER);
    assert_int_equal(bc_note_sign(TEXT, strlen(TEXT), &key, out, sizeof out, &len), BC_OK);
    assert_int_equal(len, strlen(TEXT "\n" PETER_LINE));
    assert_memory_equal(out, TEXT "\n" PETER_LINE, len);
}

static void note_open_takes_published_notes(void **state)
{
    (void)state;
    assert_int_equal(open_note(TEXT "\n" PETER_LINE ENOCH_LINE, PETER), BC_OK);
    assert_int_equal(open_note(TEXT "\n" PETER_LINE ENOCH_LINE, ENOCH), BC_OK);
    assert_int_equal(
        open_note("This is an example message.\n\n" DASH "example.com/foo "
                  "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG"
                  "1Yu72IneyaQM=\n",
                  "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        BC_OK);
    assert_int_equal(
        open_note(
            "go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n" DASH
            "sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHON"
            "ebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n",
            "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"),
        BC_OK);
    assert_int_equal(
        open_note(
            "sigsum.org/v1/tree/"
            "4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562\n1\n"
            "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" DASH "sigsum.org/v1/tree/"
            "4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562 "
            "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYr"
            "ajXpNUbIQY=\n",
            "sigsum.org/v1/tree/"
            "4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562+5202289b+"
            "Af/cLU2Y5BJNP+r3iMDC+av9eWCD0fBJVDfzAux5zxAP"),
        BC_OK);
}

#define HOST_VKEY "consent.example/host1+0eece952+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define HOST_ROOT "VNNKIIHT/VQIWAliwBFBl2CXZMnUiJ/X6jqvAGVAH40="
#define HOST_BODY "consent.example/host1\n13\n" HOST_ROOT "\n"
#define HOST_NOTE                                                                                  \
    HOST_BODY                                                                                      \
    "\n" DASH "consent.example/host1 "                                                             \
    "DuzpUtpxFchhsstfBZvHW3M3iJb2svP1pw8WtYg5BLTjYNeALziKWGpp9aBFCWdI0znGw8uasVHBEmzGfAow"         \
    "KxqU4go=\n"
#define EXTENDED_NOTE                                                                              \
    "consent.example/host1\n6\nKjXruN1KGE5f/XkBnweoaLe/FdQ+7ALmGVegMQkr8Rk=\n"                     \
    "consent-map/v1 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n" DASH                         \
    "consent.example/host1 "                                                                       \
    "DuzpUu+62dflKKw53qLbWqS0MEkd0fuQ5FlaMdJ9+ZdnLlTFCMRHP4wLZRCAfPLMz3l1+LH"                      \
    "qBQd0YuqdcyWYlsCTMAY=\n"

static void inclusion_proof_published_one_verifies(void **state)
{
    static const char *const path[] = {"h0+KThUbpnncJIdXnNNQmPwqadWXu6CnWkHe4syKcWM=",
                                       "eoz7rRPtPTt8PTNakHqHjqzHc2qUnPkigtTG1Cs/JUM=",
                                       "3OI2HHL9JCqdy1PNm8jwRlb5O0SAfeDF1o5MopPeYDw=",
                                       "4zOnUpJALZOnORCd/baMSfdE7if6DAf1YzeM0IefkJQ="};
    unsigned char seed[BC_SEED_BYTES];
    struct bc_hash proof[4], root, leaf;
    struct bc_skey key;
    char text[BC_NOTE_MAX];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (unsigned char)i;
    assert_int_equal(bc_note_skey_from_seed("consent.example/host1", seed, &key), BC_OK);
    bc_note_vkey_format(&key.pub, text);
    assert_string_equal(text, HOST_VKEY);
    assert_int_equal(bc_note_sign(HOST_BODY, strlen(HOST_BODY), &key, text, sizeof text, &len),
                     BC_OK);
    assert_int_equal(len, strlen(HOST_NOTE));
    assert_memory_equal(text, HOST_NOTE, len);
    assert_int_equal(open_note(HOST_NOTE, HOST_VKEY), BC_OK);
    assert_int_equal(open_note(EXTENDED_NOTE, HOST_VKEY), BC_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            bc_encoding_base64_decode(path[i], strlen(path[i]), proof[i].b, BC_HASH_BYTES), BC_OK);
    assert_int_equal(bc_encoding_base64_decode(HOST_ROOT, strlen(HOST_ROOT), root.b, BC_HASH_BYTES),
                     BC_OK);
    bc_merkle_leaf("event 7\n", 8, &leaf);
    assert_int_equal(bc_merkle_verify_inclusion(7, 13, &leaf, &root, proof, 4), BC_OK);
    assert_int_not_equal(bc_merkle_verify_inclusion(6, 13, &leaf, &root, proof, 4), BC_OK);
}

static void note_open_of_damaged_note_fails(void **state)
{
    static const char *const bad[] = {
        TEXT PETER_LINE,                              /* no empty line */
        "If you think cryptography\r\n\n" PETER_LINE, /* CR */
        TEXT "\n-- PeterNeumann "
             "x08go/ZJkuBS9UG/"
             "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
        TEXT "\n" PETER_LINE "trailing\n",
        TEXT "\n" DASH "PeterNeumann "
             "x08go/ZJkuBS9UG/"
             "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM\n",
        TEXT "\n",
        "",
        "\n",
        "\n\n"};
    char note[sizeof TEXT "\n" PETER_LINE];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(open_note(bad[i], PETER), BC_ERR_INVALID);
    assert_int_equal(open_note(TEXT "\n" PETER_LINE, ENOCH), BC_ERR_UNKNOWN_KEY);
    for (size_t i = 0; i < strlen(TEXT "\n" PETER_LINE); i++) {
        memcpy(note, TEXT "\n" PETER_LINE, sizeof note);
        note[i] ^= 1;
        assert_int_not_equal(open_note(note, PETER), BC_OK);
    }
}

static void note_key_in_another_form_is_refused(void **state)
{
    static const char *const bad[] = {
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"};
    char text[sizeof PETER];
    struct bc_vkey key;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bc_note_vkey_parse(bad[i], BC_KEY_NOTE, &key), BC_ERR_INVALID);
    for (size_t begin = 0; begin < strlen(PETER); begin++)
        for (size_t end = begin; end <= strlen(PETER); end++) {
            if (end - begin == strlen(PETER))
                continue;
            memcpy(text, &PETER[begin], end - begin);
            text[end - begin] = '\0';
            assert_int_equal(bc_note_vkey_parse(text, BC_KEY_NOTE, &key), BC_ERR_INVALID);
        }
    for (size_t i = 0; i < strlen(PETER); i++) {
        memcpy(text, PETER, sizeof text);
        text[i]++;
        assert_int_equal(bc_note_vkey_parse(text, BC_KEY_NOTE, &key), BC_ERR_INVALID);
    }
}

#define ROOT "KjXruN1KGE5f/XkBnweoaLe/FdQ+7ALmGVegMQkr8Rk="
#define EMPTY "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define GOOD "host1\n6\n" ROOT "\nregister/v1 0 " EMPTY "\nsigned/v1 1700000000\n"

static void checkpoint_in_another_form_is_refused(void **state)
{
    static const char more[] = GOOD "more\n", cut[] = "host1\n6\n" ROOT;
    static const char *const bad[] = {
        "\n6\n" ROOT "\nregister/v1 0 " EMPTY "\nsigned/v1 1\n",
        "host1\n06\n" ROOT "\nregister/v1 0 " EMPTY "\nsigned/v1 1\n",
        "host1\n-34\n" ROOT "\nregister/v1 0 " EMPTY "\nsigned/v1 1\n",
        "host1\n+1\n" ROOT "\nregister/v1 0 " EMPTY "\nsigned/v1 1\n",
        "host1\nbananas\n" ROOT "\nregister/v1 0 " EMPTY "\nsigned/v1 1\n",
        "host1\n3438945738945739845734895735\n" ROOT "\nregister/v1 0 " EMPTY "\nsigned/v1 1\n",
        "host1\n6\nYmFuYW5hcw==\nregister/v1 0 " EMPTY "\nsigned/v1 1\n",
        "host1\n6\nnot base64\nregister/v1 0 " EMPTY "\nsigned/v1 1\n",
        "host1\n0\n" ROOT "\nregister/v1 0 " EMPTY "\nsigned/v1 1\n",
        "host1\n6\n" ROOT "\nregister/v1 0 " ROOT "\nsigned/v1 1\n",
        "host1\n6\n" ROOT "\nregister/v2 0 " EMPTY "\nsigned/v1 1\n",
        "host1\n6\n" ROOT "\nsigned/v1 1\nregister/v1 0 " EMPTY "\n",
        "host1\n6\n" ROOT "\nregister/v1 0 " EMPTY "\nsigned/v1 01\n",
        more,
        "host1\n6\n" ROOT "\n",
        cut};
    struct bc_checkpoint c;
    char again[1024];
    size_t len;

    (void)state;
    assert_int_equal(bc_checkpoint_parse(GOOD, strlen(GOOD), &c), BC_OK);
    assert_int_equal(c.log_size, 6);
    assert_int_equal(c.signed_at, 1700000000);
    assert_int_equal(bc_checkpoint_format(&c, again, sizeof again, &len), BC_OK);
    assert_int_equal(len, strlen(GOOD));
    assert_memory_equal(again, GOOD, len);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bc_checkpoint_parse(bad[i], strlen(bad[i]), &c), BC_ERR_INVALID);
    assert_int_equal(bc_checkpoint_parse(GOOD, strlen(GOOD) - 1, &c), BC_ERR_INVALID);
}

static void key_file_sealed_opens_with_its_passphrase_only(void **state)
{
    char plain[BC_KEY_FILE_MAX], sealed[BC_KEY_FILE_MAX];
    struct bc_skey key, again;
    struct bc_vkey pub;

    (void)state;
    assert_int_equal(bc_note_skey_parse(PETER_SKEY, &key), BC_OK);
    assert_int_equal(bc_key_file_format(&key, NULL, plain), BC_OK);
    assert_int_equal(bc_key_file_parse(plain, strlen(plain), NULL, &again), BC_OK);
    assert_memory_equal(&key, &again, sizeof key);
    assert_int_equal(bc_key_file_format(&key, "correct horse", sealed), BC_OK);
    assert_null(strstr(sealed, "PRIVATE"));
    assert_int_equal(bc_key_file_parse(sealed, strlen(sealed), "wrong", &again), BC_ERR_PASSPHRASE);
    assert_int_equal(bc_key_file_parse(sealed, strlen(sealed), NULL, &again), BC_ERR_PASSPHRASE);
    memset(&again, 0, sizeof again);
    assert_int_equal(bc_key_file_parse(sealed, strlen(sealed), "correct horse", &again), BC_OK);
    assert_memory_equal(&key, &again, sizeof key);
    assert_int_equal(bc_key_file_public(sealed, strlen(sealed), &pub), BC_OK);
    assert_memory_equal(&pub, &key.pub, sizeof pub);
    sealed[strlen(sealed) - 10] ^= 1;
    assert_int_not_equal(bc_key_file_parse(sealed, strlen(sealed), "correct horse", &again), BC_OK);
}

static void datetime_that_is_no_date_is_refused(void **state)
{
    static const char *const bad[] = {"2027-02-29T00:00:00Z", "2026-11-24T07:10:60Z",
                                      "2026-11-24 07:10:01Z", "2026-11-24T07:10:01+0",
                                      "1969-12-31T23:59:59Z", "2026-13-01T00:00:00Z"};
    char text[BC_TIME_TEXT_BYTES];
    int64_t t;

    (void)state;
    for (int64_t want = 0; want < INT64_C(6000000000); want += 86399 * 13) {
        bc_datetime_format(want, text);
        assert_int_equal(bc_datetime_parse(text, strlen(text), &t), BC_OK);
        assert_int_equal(t, want);
    }
    assert_int_equal(bc_datetime_parse("2028-02-29T00:00:00Z", 20, &t), BC_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bc_datetime_parse(bad[i], strlen(bad[i]), &t), BC_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(note_sign_makes_the_published_note),
        cmocka_unit_test(note_open_takes_published_notes),
        cmocka_unit_test(inclusion_proof_published_one_verifies),
        cmocka_unit_test(note_open_of_damaged_note_fails),
        cmocka_unit_test(note_key_in_another_form_is_refused),
        cmocka_unit_test(checkpoint_in_another_form_is_refused),
        cmocka_unit_test(key_file_sealed_opens_with_its_passphrase_only),
        cmocka_unit_test(datetime_that_is_no_date_is_refused),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
