/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tlog-tiles.h"
#include "tool.h"

static const char help[] =
    "usage: bioconsent publish DIR\n\n"
    "Writes the log as static files (c2sp.org/tlog-tiles) for any web server: the checkpoint, the tree in\n"
    "tiles, and the events' commitments. They reveal nothing about anybody, and let everybody see that\n"
    "nothing in the log was changed, taken out or put in before its end. What is there already is\n"
    "compared and kept; the checkpoint is written last.\n"
    "Exit: 0 published, 4 somebody else publishes there, 5 there is another history.\n\n"
    "Example: bioconsent publish /srv/www/consent-log\n";

static int fail(enum bc_result r, const char *path, const struct bc_published *p)
{
    switch (r) {
    case BC_ERR_BUSY:
        return bc_fail(BC_EXIT_BUSY, "%s: somebody else publishes there", path);
    case BC_ERR_ROLLBACK:
    case BC_ERR_FORK:
        return bc_fail(BC_EXIT_STORE, "%s/%s. Nothing there was changed; if this is the right store, "
                                      "publish into another folder and keep both", path,
                       p->finding);
    case BC_ERR_CORRUPT:
        return bc_fail(BC_EXIT_STORE, "%s. What to do: %s", p->finding,
                       bc_reason_remedy(BC_CORRUPT));
    default:
        return bc_fail(BC_EXIT_REFUSED, "%s/%s", path, p->finding);
    }
}

static int open_folder(const char *path, int *fd)
{
    int made = mkdir(path, 0755) == 0;

    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0 || (made && fchmod(*fd, 0755) != 0))
        return bc_fail(BC_EXIT_REFUSED, "%s: %s", path, strerror(errno));
    return 0;
}

static int publish(struct bc_tool *tool, struct bc_snapshot *s, const char *path)
{
    struct bc_published p;
    enum bc_result r;
    int fd, code = open_folder(path, &fd);

    if (code)
        return code;
    r = bc_tlog_publish(s, fd, &p);
    close(fd);
    if (r != BC_OK)
        return fail(r, path, &p);
    if (tool->json)
        bc_print_json(json_pack("{s:s, s:I, s:I, s:I}", "origin", s->checkpoint.origin, "size",
                                (json_int_t)s->checkpoint.log_size, "written",
                                (json_int_t)p.written, "kept", (json_int_t)p.kept));
    else
        (void)printf("%llu events of %s are published: %llu files written, %llu kept.\n",
                     (unsigned long long)s->checkpoint.log_size, s->checkpoint.origin,
                     (unsigned long long)p.written, (unsigned long long)p.kept);
    return BC_EXIT_OK;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "json", .kind = BC_ARG_FLAG}, {.name = NULL}};
    struct bc_args args = {.options = options};
    struct bc_snapshot s;
    int code = bc_tool_args(tool, &bc_verb_publish, &args, argc, argv, 1, 1);

    if (code >= 0)
        return code;
    code = bc_tool_policy(tool);
    if (!code)
        code = bc_tool_snapshot(tool, &s, 1);
    if (code)
        return code;
    code = publish(tool, &s, args.operands[0]);
    bc_store_close(s.store);
    return code;
}

const struct bc_verb bc_verb_publish = {"publish", "write the log as files for a web server", help,
                                        run};
