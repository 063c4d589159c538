/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doors.h"
#include "tool.h"

#define RULES_MAX 65536
#define TRIES 50 /* polkitd reads its rules anew when it sees the folder change */
#define PAUSE_MS 100

static const char help[] =
    "usage: bioconsent doors status [DOOR ...]\n"
    "       bioconsent doors install DOOR ...\n"
    "       bioconsent doors remove DOOR ...\n\n"
    "The doors to fprintd that PAM does not see. Without these files anybody may enroll a finger.\n\n"
    "  polkit  a rule: users without consent neither enroll nor verify, and nobody acts for another;\n"
    "          users who consented enroll themselves with fprintd-enroll or in their settings\n"
    "  dbus    a policy of the bus: nobody enrolls, root included, but by bioconsent enroll\n\n"
    "status asks polkitd and the bus whether the doors are closed. Deleting fingers without a consent\n"
    "to enroll is for root, with or without these files.\n"
    "Exit: 0 all named doors are closed (removed, for remove), 1 they are not, or not provably.\n\n"
    "Example: bioconsent doors install polkit dbus\n";

static int take_doors(const struct bc_args *args, const struct bc_door *out[BC_DOORS])
{
    size_t named = args->operand_count - 1;

    if (named > BC_DOORS)
        return bc_fail(BC_EXIT_USAGE, "doors: too many doors");
    for (size_t i = 0; i < named; i++) {
        for (size_t j = 0; j < BC_DOORS; j++)
            if (strcmp(bc_doors[j].name, args->operands[1 + i]) == 0)
                out[i] = &bc_doors[j];
        if (!out[i])
            return bc_fail(BC_EXIT_USAGE, "doors: there is no door %s; they are polkit and dbus",
                           args->operands[1 + i]);
    }
    return 0;
}

static int open_door_folder(const struct bc_door *door, int *folder)
{
    struct bc_where where = {""};
    enum bc_result r = bc_folder_open(door->folder, bc_door_polkit_user(), 0, folder, &where);

    return r == BC_OK ? 0 : bc_fail(BC_EXIT_REFUSED, "%s: %s", where.path, bc_result_text(r));
}

static int copy_file(const struct bc_door *door)
{
    struct bc_where where = {""};
    char source[PATH_MAX], *text;
    enum bc_result r;
    size_t len;
    int folder, code;

    (void)snprintf(source, sizeof source, "%s/doors/%s", BC_DATA_DIR, door->file);
    r = bc_file_read(source, 0, 0, RULES_MAX, &text, &len, &where);
    if (r != BC_OK)
        return bc_fail(BC_EXIT_REFUSED, "%s: %s", where.path, bc_result_text(r));
    code = open_door_folder(door, &folder);
    if (!code) {
        if (bc_file_write(folder, door->file, text, len, 0644, 0, 0) != BC_OK)
            code = bc_fail(BC_EXIT_REFUSED, "%s/%s: %s", door->folder, door->file, strerror(errno));
        close(folder);
    }
    free(text);
    return code;
}

static enum bc_door_state wait_until(const struct bc_door *door, enum bc_door_state wanted,
                                     const char **detail)
{
    enum bc_door_state state = door->probe(detail);

    for (int i = 0; i < TRIES && state == BC_DOOR_OPEN && state != wanted; i++) {
        (void)poll(NULL, 0, PAUSE_MS);
        state = door->probe(detail);
    }
    return state;
}

static int report(const struct bc_door *door, enum bc_door_state state, const char *detail,
                  json_t *all)
{
    if (all)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "door", door->name, "state",
                                             bc_door_state_name(state), "detail", detail));
    else
        (void)printf("%-7s %-9s %s\n", door->name, bc_door_state_name(state), detail);
    return state == BC_DOOR_CLOSED ? BC_EXIT_OK : BC_EXIT_REFUSED;
}

static int status(const struct bc_door *door, json_t *all)
{
    const char *detail;
    enum bc_door_state state = door->probe(&detail);

    return report(door, state, detail, all);
}

static int install(const struct bc_door *door, json_t *all)
{
    enum bc_door_state state;
    const char *detail;
    int code;

    if (door->prepare() != 0)
        return bc_fail(BC_EXIT_REFUSED, "%s: the groups %s and %s could not be made ready: run "
                       "bioconsent init first", door->name, BC_SERVICE_USER, BC_DOOR_GROUP);
    code = copy_file(door);
    if (code)
        return code;
    door->reload();
    state = wait_until(door, BC_DOOR_CLOSED, &detail);
    if (state != BC_DOOR_CLOSED)
        bc_say("%s/%s is in place, but the door is not proven closed", door->folder, door->file);
    return report(door, state, detail, all);
}

static int take_out(const struct bc_door *door, json_t *all)
{
    enum bc_door_state state;
    const char *detail;
    int folder, code = open_door_folder(door, &folder);

    if (code)
        return code;
    if (unlinkat(folder, door->file, 0) != 0 && errno != ENOENT)
        code = bc_fail(BC_EXIT_REFUSED, "%s/%s: %s", door->folder, door->file, strerror(errno));
    (void)fsync(folder);
    close(folder);
    if (code)
        return code;
    door->undo();
    door->reload();
    state = door->probe(&detail);
    (void)report(door, state, detail, all);
    return BC_EXIT_OK;
}

static int each_door(struct bc_tool *tool, struct bc_args *args,
                     int (*act)(const struct bc_door *door, json_t *all))
{
    const struct bc_door *doors[BC_DOORS] = {NULL};
    json_t *all;
    int worst = 0, code = take_doors(args, doors);

    if (code)
        return code;
    if (!doors[0] && act != status)
        return bc_fail(BC_EXIT_USAGE, "doors: name polkit, dbus, or both");
    if (geteuid() != 0)
        return bc_fail(BC_EXIT_REFUSED, "doors: only root can see to them");
    all = tool->json ? json_array() : NULL;
    for (size_t i = 0; i < BC_DOORS; i++) {
        const struct bc_door *door = doors[0] ? doors[i] : &bc_doors[i];
        code = door ? act(door, all) : 0;
        worst = code > worst ? code : worst;
    }
    if (all)
        bc_print_json(all);
    return worst;
}

static int run(struct bc_tool *tool, int argc, char **argv)
{
    struct bc_arg options[] = {{.name = "json", .kind = BC_ARG_FLAG}, {.name = NULL}};
    struct bc_args args = {.options = options};
    int code = bc_tool_args(tool, &bc_verb_doors, &args, argc, argv, 1, 1 + BC_DOORS);

    if (code >= 0)
        return code;
    if (strcmp(args.operands[0], "status") == 0)
        return each_door(tool, &args, status);
    if (strcmp(args.operands[0], "install") == 0)
        return each_door(tool, &args, install);
    if (strcmp(args.operands[0], "remove") == 0)
        return each_door(tool, &args, take_out);
    return bc_fail(BC_EXIT_USAGE, "doors: status, install or remove; see bioconsent doors --help");
}

const struct bc_verb bc_verb_doors = {"doors", "close fprintd's own doors, and prove it", help, run};
