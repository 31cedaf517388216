/* Runs a program on a terminal of its own: terminal PROGRAM [ARGUMENT ...]
 *
 * Our standard input is what a person types, our standard output what the terminal shows. The end of our input hangs up. The
 * exit code is the program's; 128 and the signal if one ended it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS = 24, COLUMNS = 100 };

static int copy(int from, int to) {
    char bytes[4096];
    ssize_t count = read(from, bytes, sizeof bytes);
    for (ssize_t written = 0; written < count;) {
        ssize_t now = write(to, bytes + written, (size_t)(count - written));
        if (now < 0) {
            return -1;
        }
        written += now;
    }
    return (int)count;
}

static int follow(int terminal, pid_t program) {
    struct pollfd both[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = terminal, .events = POLLIN}};
    int status = 0;
    for (;;) {
        if (poll(both, 2, -1) < 0 && errno != EINTR) {
            break;
        }
        if ((both[1].revents & (POLLIN | POLLHUP)) != 0 && copy(terminal, STDOUT_FILENO) <= 0) {
            break;
        }
        if ((both[0].revents & (POLLIN | POLLHUP)) != 0 && copy(STDIN_FILENO, terminal) <= 0) {
            kill(program, SIGHUP);
            break;
        }
    }
    waitpid(program, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv) {
    struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};
    int terminal = -1;
    if (argc < 2) {
        fprintf(stderr, "usage: terminal PROGRAM [ARGUMENT ...]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    pid_t program = forkpty(&terminal, NULL, NULL, &size);
    if (program < 0) {
        perror("terminal: forkpty");
        return 1;
    }
    if (program == 0) {
        setenv("TERM", "vt100", 1);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    return follow(terminal, program);
}
