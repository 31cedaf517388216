/* drsh: the program. */
#include <stdio.h>
#include <string.h>

#include "commands/run.h"

int main(int argc, char **argv) {
    if (argc >= 2 && strcmp(argv[1], "run") == 0) {
        return run_command(argc - 1, argv + 1);
    }
    fprintf(stderr, "usage: drsh run FILE [arguments]\n");
    return 2;
}
