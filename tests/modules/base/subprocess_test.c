/* Programs as processes of their own: what they leave behind when they end, are cancelled, or cannot begin. */
#include "base/subprocess.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "check.h"

struct run {
    struct subprocess subprocess;
    struct waiter waiter;
    struct loop *loop;
    int woken;
};

static void wake(struct waiter *waiter) {
    struct run *run = (struct run *)((char *)waiter - offsetof(struct run, waiter));
    run->woken++;
    loop_stop(run->loop);
}

static void start(struct run *run, struct loop *loop, const char *command) {
    char *arguments[] = {"sh", "-c", (char *)command, NULL};
    struct subprocess_request request = {.arguments = arguments, .output_limit = 100};
    memset(run, 0, sizeof *run);
    run->loop = loop;
    run->waiter.wake = wake;
    run->subprocess.pending.waiter = &run->waiter;
    subprocess_start(loop, &run->subprocess, &request);
}

static int open_files(void) {
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    CHECK(folder != NULL); /* /proc is mounted */
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

static void ends(struct loop *loop) {
    struct run run;
    start(&run, loop, "printf out; printf bad >&2; exit 7");
    CHECK(!run.subprocess.pending.done);
    loop_run(loop);
    CHECK_INT(run.woken, 1);
    CHECK_INT(run.subprocess.exit_code, 7);
    CHECK_STR(run.subprocess.output.data, "out");
    CHECK_STR(run.subprocess.problems.data, "bad");
    CHECK_INT(run.subprocess.id, 0);
    subprocess_clear(&run.subprocess);
    subprocess_clear(&run.subprocess);
}

static void is_cancelled(struct loop *loop) {
    struct run run;
    start(&run, loop, "exec sleep 60");
    pid_t id = run.subprocess.id;
    CHECK_INT(kill(id, 0), 0);
    subprocess_clear(&run.subprocess);
    CHECK_INT(kill(id, 0), -1); /* killed, and no zombie of it is left */
    CHECK_INT(errno, ESRCH);
    CHECK_INT(run.woken, 0);
    subprocess_clear(&run.subprocess);
}

static void writes_too_much(struct loop *loop) {
    struct run run;
    start(&run, loop, "head -c 101 /dev/zero; exec sleep 60");
    pid_t id = run.subprocess.id;
    loop_run(loop);
    CHECK_STR(run.subprocess.error.code, "SUBPROCESS_OUTPUT_TOO_LARGE");
    CHECK_INT(kill(id, 0), -1);
    CHECK_INT(run.woken, 1);
    subprocess_clear(&run.subprocess);
}

static void cannot_begin(struct loop *loop) {
    char *arguments[] = {"/nowhere/program", NULL};
    struct subprocess_request request = {.arguments = arguments};
    struct subprocess subprocess = {0};
    subprocess_start(loop, &subprocess, &request);
    CHECK(subprocess.pending.done);
    CHECK_STR(subprocess.error.code, "SUBPROCESS_START");
    CHECK_STR(subprocess.error.message, "/nowhere/program: No such file or directory");
    subprocess_clear(&subprocess);
}

int main(void) {
    struct loop *loop = loop_new();
    int files = open_files();
    for (int i = 0; i < 3; i++) {
        ends(loop);
        is_cancelled(loop);
        writes_too_much(loop);
        cannot_begin(loop);
    }
    CHECK_INT(open_files(), files);
    loop_free(loop);
    struct subprocess never = {0};
    subprocess_clear(&never); /* zeros are harmless */
    return check_report();
}
