/* SPDX-License-Identifier: BSD-2-Clause */

/* Promises 2 and 3: thousands of damaged stores. Each is decided on by a process of its own, as the
 * helper is for the module, with the module's deadline; nothing that happens to it may reach its
 * caller, and no damage may allow a person who has not consented.
 *
 * usage: torture [--variants N] [--seed S] [--only K] */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "store-fixture.h"

#define CROWD 260 /* people beside the fixture's */
#define ASKED 6
#define DEADLINE_MS 2000
#define PAGE 4096
#define WORKERS_MAX 8
#define NEVER 255 /* no verdict: the process died before */

#ifdef BC_SANITIZED
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigfpe=0:detect_leaks=0";
}
#endif

enum kind {
    TRUNCATED_PAGES,
    TRUNCATED,
    FLIPPED_BITS,
    CHANGED_BYTES,
    PAGE_HEADS,
    META_ZERO,
    META_ONES,
    META_PLUS,
    SECTOR,
    TWO_SECTORS,
    ZERO_PAGE,
    SWAPPED,
    RANDOM_PAGE,
    STALE_PAGE,
    META_COPIED,
    OLDER_META,
    NODE_POINTERS,
    EXTENDED,
    OLDER_FILE,
    LOCK_FILE,
    KINDS
};

static const char *const kind_names[KINDS] = {"cut at a page",
                                              "cut anywhere",
                                              "flipped bits",
                                              "changed bytes",
                                              "page heads",
                                              "meta byte zeroed",
                                              "meta byte all ones",
                                              "meta byte plus one",
                                              "zeroed sector",
                                              "two zeroed sectors",
                                              "zeroed page",
                                              "swapped pages",
                                              "random page",
                                              "page of an older copy",
                                              "one meta over the other",
                                              "older metas, newer data",
                                              "node pointers",
                                              "extended",
                                              "older file",
                                              "lock file"};

/* What came of all variants of a kind; shared by the workers. */
struct tally {
    unsigned variants, allowed, refused, died, late, wrong, written;
};

struct bytes {
    unsigned char *data;
    size_t len;
};

static struct tally *tallies;   /* [worker][kind] */
static unsigned char *verdicts; /* of the child at work, by worker */
static struct bytes newest, older, seen;
static uint64_t seed = 20261124;
static int talkative;

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t below(uint64_t *rng, size_t n)
{
    return n ? (size_t)(next_random(rng) % n) : 0;
}

static struct bytes load(const char *folder_path, const char *name)
{
    char path[PATH_MAX + 16];
    struct bc_where where;
    struct bytes b;
    char *data;

    (void)snprintf(path, sizeof path, "%s/%s", folder_path, name);
    if (bc_file_read(path, geteuid(), 0, 1 << 26, &data, &b.len, &where) != BC_OK) {
        (void)fprintf(stderr, "torture: %s cannot be read\n", path);
        exit(1);
    }
    b.data = (unsigned char *)data;
    return b;
}

static void save(const char *folder_path, const char *name, const unsigned char *data, size_t len)
{
    char path[PATH_MAX + 16];
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s", folder_path, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len) {
        (void)fprintf(stderr, "torture: %s cannot be written\n", path);
        exit(1);
    }
    (void)close(fd);
}

/* Every fourth of the crowd has withdrawn; the last of the asked never consented. */
static int consented(unsigned person)
{
    return person < PEOPLE + CROWD && person % 4 != 1;
}

static void prepare(void)
{
    struct bc_transaction *l;

    memcpy(folder, "/dev/shm/bc-torture.XXXXXX", 27);
    if (access("/dev/shm", W_OK) != 0)
        memcpy(folder, "/tmp/bc-torture.XXXXXX", 23);
    if (sodium_init() < 0 || !mkdtemp(folder))
        exit(1);
    make_store(NULL);
    l = open_ledger(NOW + 1);
    for (unsigned i = 0; i < CROWD; i++)
        append_grant(l, PEOPLE + i);
    commit(l);
    older = load(config.store_path, "data.mdb");
    for (unsigned i = 1; i < PEOPLE + CROWD; i += 4) {
        l = open_ledger(NOW + 2);
        append_withdrawal(l, i);
        commit(l);
    }
    newest = load(config.store_path, "data.mdb");
    seen = load(config.state_path, "seen");
}

/* ---- damage ---- */

static unsigned char *page(struct bytes *b, size_t n)
{
    return b->data + n * PAGE;
}

static size_t any_page(const struct bytes *b, uint64_t *rng)
{
    return below(rng, b->len / PAGE);
}

static void change(struct bytes *b, uint64_t *rng, size_t begin, size_t len, int bits)
{
    size_t count = 1 + below(rng, 8);

    for (size_t i = 0; i < count; i++) {
        unsigned char *at = b->data + begin + below(rng, len);
        *at ^= (unsigned char)(bits ? 1U << below(rng, 8) : 1 + below(rng, 255));
    }
}

/* The offset within the two meta pages goes by the number, so that each is met. */
static void change_meta(struct bytes *b, uint64_t number, enum kind kind)
{
    unsigned char *at = page(b, number / 168 % 2) + number % 168;

    *at = kind == META_ZERO ? 0 : kind == META_ONES ? 0xff : (unsigned char)(*at + 1);
}

static void zero_sector(struct bytes *b, uint64_t *rng)
{
    memset(b->data + 512 * below(rng, b->len / 512), 0, 512);
}

static void swap_pages(struct bytes *b, uint64_t *rng)
{
    unsigned char *x = page(b, any_page(b, rng)), *y = page(b, any_page(b, rng)), keep[PAGE];

    memcpy(keep, x, PAGE);
    memmove(x, y, PAGE);
    memcpy(y, keep, PAGE);
}

static void random_page(struct bytes *b, uint64_t *rng)
{
    unsigned char *at = page(b, any_page(b, rng));

    for (size_t i = 0; i < PAGE; i++)
        at[i] = (unsigned char)next_random(rng);
}

static void stale_page(struct bytes *b, uint64_t *rng)
{
    size_t n = any_page(&older, rng);

    memcpy(page(b, n), page(&older, n), PAGE);
}

static void damage_lock(const char *store, uint64_t *rng)
{
    char path[PATH_MAX + 16];

    (void)snprintf(path, sizeof path, "%s/lock", store);
    (void)unlink(path);
    switch (below(rng, 5)) {
    case 0:
        break;
    case 1:
        (void)mkdir(path, 0700);
        break;
    case 2:
        (void)mkfifo(path, 0600);
        break;
    case 3:
        (void)!symlink("data.mdb", path);
        break;
    default:
        save(store, "lock", newest.data, below(rng, PAGE));
    }
}

static void damage(struct bytes *b, uint64_t number, uint64_t *rng)
{
    enum kind kind = (enum kind)(number % KINDS);

    switch (kind) {
    case TRUNCATED_PAGES:
        b->len = PAGE * any_page(b, rng);
        break;
    case TRUNCATED:
        b->len = below(rng, b->len);
        break;
    case FLIPPED_BITS:
    case CHANGED_BYTES:
        change(b, rng, 0, b->len, kind == FLIPPED_BITS);
        break;
    case PAGE_HEADS:
        change(b, rng, PAGE * any_page(b, rng), 16, 0);
        break;
    case META_ZERO:
    case META_ONES:
    case META_PLUS:
        change_meta(b, number / KINDS, kind);
        break;
    case TWO_SECTORS:
        zero_sector(b, rng);
        zero_sector(b, rng);
        break;
    case SECTOR:
        zero_sector(b, rng);
        break;
    case ZERO_PAGE:
        memset(page(b, any_page(b, rng)), 0, PAGE);
        break;
    case SWAPPED:
        swap_pages(b, rng);
        break;
    case RANDOM_PAGE:
        random_page(b, rng);
        break;
    case STALE_PAGE:
        stale_page(b, rng);
        break;
    case META_COPIED:
        memcpy(page(b, number / KINDS % 2), page(b, 1 - number / KINDS % 2), PAGE);
        change(b, rng, 0, 2 * PAGE, 1);
        break;
    case OLDER_META:
        memcpy(b->data, older.data, 2 * PAGE);
        change(b, rng, 2 * PAGE, b->len - 2 * PAGE, 1);
        break;
    case NODE_POINTERS:
        change(b, rng, PAGE * any_page(b, rng) + 16, 64, 0);
        break;
    case EXTENDED:
        b->len += 512 * below(rng, 2 * PAGE / 512);
        break;
    case OLDER_FILE:
        memcpy(b->data, older.data, older.len);
        b->len = older.len;
        change(b, rng, 0, 1, 1);
        b->data[0] = older.data[0];
        break;
    default:
        break;
    }
}

/* ---- one variant ---- */

static unsigned asked(uint64_t number, unsigned i)
{
    static const unsigned first[ASKED] = {1, 5, 0, 2, 0, 0};

    if (i == ASKED - 1)
        return PEOPLE + CROWD + 1;
    return i < 4 ? first[i] + 4 * (unsigned)(number % 60)
                 : (unsigned)(number * 7 + i) % (PEOPLE + CROWD);
}

static void be_quiet(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)!freopen("/dev/null", "w", stderr);
    (void)!freopen("/dev/null", "w", stdout);
}

static void decide_all(uint64_t number, unsigned char *verdict)
{
    for (unsigned i = 0; i < ASKED; i++)
        verdict[i] = (unsigned char)gate(asked(number, i));
}

/* As the administrator's tool would: opens it for writing, and goes on if it may. */
static void write_to_it(uint64_t number, unsigned char *verdict)
{
    struct bc_where where;
    struct bc_transaction *l;

    if (bc_transaction_open(&options, &config, state_fd, NOW + 3, &l, &where) != BC_OK)
        _exit(2);
    append_grant(l, PEOPLE + CROWD + 5);
    commit(l);
    decide_all(number, verdict);
}

/* Runs work as a process of its own until the deadline: its status, or -1 if it was killed then. */
static int run_child(void (*work)(uint64_t, unsigned char *), uint64_t number,
                     unsigned char *verdict)
{
    struct pollfd p = {.events = POLLIN};
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        be_quiet();
        work(number, verdict);
        _exit(0);
    }
    p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (poll(&p, 1, DEADLINE_MS) == 0) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
        status = -1;
    } else {
        (void)waitpid(pid, &status, 0);
    }
    (void)close(p.fd);
    return status;
}

static void judge(uint64_t number, const unsigned char *verdict, int status, struct tally *t)
{
    t->late += status == -1;
    t->died += status != -1 && (WIFSIGNALED(status) || WEXITSTATUS(status) > 2);
    for (unsigned i = 0; i < ASKED; i++) {
        int allowed = verdict[i] == BC_REASON_ALLOW;
        t->allowed += allowed != 0;
        t->refused += !allowed && verdict[i] != NEVER;
        if (allowed && !consented(asked(number, i))) {
            t->wrong++;
            (void)printf("WRONG: variant %llu (%s, seed %llu) allows person %u\n",
                         (unsigned long long)number, kind_names[number % KINDS],
                         (unsigned long long)seed, asked(number, i));
        }
        if (talkative)
            (void)printf("person %u: %s\n", asked(number, i),
                         verdict[i] == NEVER ? "no answer"
                                             : bc_reason_id((enum bc_reason)verdict[i]));
    }
}

static void one_variant(uint64_t number, unsigned char *verdict, struct tally *t)
{
    uint64_t rng = seed + number * UINT64_C(1000003);
    struct bytes b = {malloc(newest.len + 4 * PAGE), newest.len};
    int status;

    if (!b.data)
        exit(1);
    memcpy(b.data, newest.data, newest.len);
    memset(b.data + newest.len, 0xa5, 4 * PAGE);
    damage(&b, number, &rng);
    save(config.store_path, "data.mdb", b.data, b.len);
    if (number % KINDS == LOCK_FILE)
        damage_lock(config.store_path, &rng);
    memset(verdict, NEVER, ASKED);
    status = run_child(decide_all, number, verdict);
    judge(number, verdict, status, t);
    t->variants++;
    if (number % 17 == 3) {
        memset(verdict, NEVER, ASKED);
        status = run_child(write_to_it, number, verdict);
        t->written += status == 0;
        judge(number, verdict, status, t);
        save(config.state_path, "seen", seen.data, seen.len);
    }
    if (number % KINDS == LOCK_FILE) {
        (void)run("rm -rf store/lock && : >store/lock && chmod 600 store/lock");
    }
    free(b.data);
}

/* ---- all of them ---- */

static void worker_folders(unsigned worker)
{
    char name[64], command[256];
    struct bc_where where;

    (void)snprintf(name, sizeof name, "/w%u", worker);
    (void)snprintf(command, sizeof command, "mkdir .%s && cp -a store state spool .%s", name, name);
    if (run(command) != 0)
        exit(1);
    (void)strcat(folder, name);
    path_of("store", config.store_path);
    path_of("state", config.state_path);
    path_of("spool", config.spool_path);
    options.folder = config.store_path;
    (void)close(state_fd);
    if (bc_file_open_folder(config.state_path, geteuid(), 0, &state_fd, &where) != BC_OK)
        exit(1);
}

static void work_through(unsigned worker, unsigned workers, uint64_t variants)
{
    worker_folders(worker);
    for (uint64_t n = worker; n < variants; n += workers) {
        one_variant(n, verdicts + worker * ASKED, &tallies[worker * KINDS + n % KINDS]);
        if (isatty(STDERR_FILENO) && worker == 0 && n % 256 == 0)
            (void)fprintf(stderr, "\r%llu of %llu", (unsigned long long)n,
                          (unsigned long long)variants);
    }
}

static int report(unsigned workers)
{
    int failed = 0, passed = 0;
    unsigned all = 0;

    (void)printf("%-26s %8s %8s %8s %6s %6s %8s %6s\n", "DAMAGE", "VARIANTS", "ALLOWED", "REFUSED",
                 "DIED", "LATE", "WRITTEN", "WRONG");
    for (int k = 0; k < KINDS; k++) {
        struct tally sum = {0};
        for (unsigned w = 0; w < workers; w++) {
            const struct tally *t = &tallies[w * KINDS + (unsigned)k];
            sum.variants += t->variants;
            sum.allowed += t->allowed;
            sum.refused += t->refused;
            sum.died += t->died;
            sum.late += t->late;
            sum.written += t->written;
            sum.wrong += t->wrong;
        }
        (void)printf("%-26s %8u %8u %8u %6u %6u %8u %6u\n", kind_names[k], sum.variants,
                     sum.allowed, sum.refused, sum.died, sum.late, sum.written, sum.wrong);
        all += sum.variants;
        sum.wrong ? failed++ : passed++;
    }
    (void)printf("variants: %u\n%d passed, %d failed, 0 skipped\n", all, passed, failed);
    return failed ? 1 : 0;
}

static int torture(uint64_t variants)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned workers = processors > WORKERS_MAX ? WORKERS_MAX : (unsigned)processors;
    int status, bad = 0;

    for (unsigned w = 0; w < workers; w++)
        if (fork() == 0) {
            work_through(w, workers, variants);
            (void)fflush(stdout);
            _exit(0);
        }
    while (wait(&status) > 0)
        bad |= status;
    if (bad)
        (void)printf("not ok - a process that asks for decisions died\n");
    return report(workers) || bad;
}

static int option(const char *name, const char *value, uint64_t *variants, uint64_t *only)
{
    uint64_t v;

    if (bc_text_parse_number(value, strlen(value), UINT32_MAX, &v) != BC_OK)
        return 0;
    if (strcmp(name, "--variants") == 0)
        *variants = v;
    else if (strcmp(name, "--seed") == 0)
        seed = v;
    else if (strcmp(name, "--only") == 0)
        *only = v;
    else
        return 0;
    return 1;
}

int main(int argc, char **argv)
{
    uint64_t variants = 20000, only = UINT64_MAX;
    int code = 0;

    for (int i = 1; i < argc; i += 2)
        if (i + 1 >= argc || !option(argv[i], argv[i + 1], &variants, &only)) {
            (void)fprintf(stderr, "usage: torture [--variants N] [--seed S] [--only K]\n");
            return 2;
        }
    tallies = mmap(NULL, WORKERS_MAX * KINDS * sizeof *tallies, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    verdicts =
        mmap(NULL, WORKERS_MAX * ASKED, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tallies == MAP_FAILED || verdicts == MAP_FAILED)
        return 1;
    prepare();
    (void)fflush(stdout);
    if (only != UINT64_MAX) {
        talkative = 1;
        one_variant(only, verdicts, tallies);
    } else {
        code = torture(variants);
    }
    (void)run("rm -rf *");
    (void)rmdir(folder);
    return code;
}
