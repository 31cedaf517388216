#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static int read_flags(int argc, char **argv, unsigned groups, struct error *error) {
    return config_read(argc, argv, groups, error);
}

static void flags_outrank_the_environment_and_it_the_file(void) {
    char path[] = "/tmp/drsh-config-XXXXXX";
    int file = mkstemp(path);
    static const char text[] = "# a comment\n\nDRSH_SPEED=7\nDRSH_DATA = \"two words\"\nAWS_REGION=eu-west-1\n";
    CHECK(write(file, text, sizeof text - 1) == (ssize_t)(sizeof text - 1));
    close(file);
    setenv("AWS_REGION", "us-west-2", 1);
    struct error error;
    char *argv[] = {"serve", "--listen", "127.0.0.1:9", "--config", path, "--local", "rest", "--speed", NULL};
    CHECK_INT(read_flags(8, argv, CONFIG_LISTEN | CONFIG_LOCAL | CONFIG_WORLD, &error), 6);
    CHECK_STR(config_get("DRSH_LISTEN"), "127.0.0.1:9");
    CHECK_STR(config_get("AWS_REGION"), "us-west-2");
    CHECK_STR(config_get("DRSH_SPEED"), "7");
    CHECK_STR(config_get("DRSH_DATA"), "two words");
    CHECK(config_flag("DRSH_LOCAL"));
    CHECK(config_is_set("DRSH_SPEED") && !config_is_set("DRSH_ACCOUNTS"));
    CHECK(config_set("DRSH_LISTEN", "[::1]:1"));
    CHECK_STR(config_get("DRSH_LISTEN"), "[::1]:1");
    CHECK(config_set("AWS_REGION", ""));
    CHECK(config_get("AWS_REGION") == NULL);
    CHECK(config_set("AWS_REGION", NULL));
    CHECK_STR(config_get("AWS_REGION"), "us-west-2");
    unsetenv("AWS_REGION");
    setenv("AWS_DEFAULT_REGION", "sa-east-1", 1);
    CHECK_STR(config_get("AWS_REGION"), "eu-west-1");
    unlink(path);
    config_clear();
    CHECK_STR(config_get("AWS_REGION"), "sa-east-1");
    CHECK_STR(config_get("EXECUTION_HISTORY_TABLE"), "drsh-execution-history");
    CHECK(config_get("NOBODY_SETS_THIS") == NULL);
}

static void what_is_wrong_is_named(void) {
    struct error error;
    char *unknown[] = {"call", "--listn", "x", NULL};
    CHECK_INT(read_flags(3, unknown, CONFIG_CALL, &error), -1);
    CHECK_STR(error.message, "unknown flag --listn; see 'drsh call --help'");
    char *lacking[] = {"call", "--region", NULL};
    CHECK_INT(read_flags(2, lacking, CONFIG_CALL, &error), -1);
    CHECK_STR(error.message, "--region needs a value; see 'drsh call --help'");
    char *foreign[] = {"call", "--listen", "x", NULL};
    CHECK_INT(read_flags(3, foreign, CONFIG_CALL, &error), -1);
    char *absent[] = {"call", "--config", "/nowhere/drsh.conf", NULL};
    CHECK_INT(read_flags(3, absent, CONFIG_CALL, &error), -1);
    CHECK_STR(error.message, "cannot read the configuration file /nowhere/drsh.conf: No such file or directory");
    config_clear();
    char path[] = "/tmp/drsh-config-XXXXXX";
    int file = mkstemp(path);
    CHECK(write(file, "A=1\nno equals sign\n", 19) == 19);
    close(file);
    char *broken[] = {"call", "--config", path, NULL};
    CHECK_INT(read_flags(3, broken, CONFIG_CALL, &error), -1);
    CHECK(strstr(error.message, ":2: should be NAME=VALUE") != NULL);
    unlink(path);
    config_clear();
}

static void short_flags_are_for_call(void) {
    struct error error;
    char *argv[] = {"call", "-n", "-d", "{}", "POST", "/executions", NULL};
    CHECK_INT(read_flags(6, argv, CONFIG_CALL | CONFIG_DRY, &error), 4);
    CHECK_STR(config_get("DRSH_CALL_BODY"), "{}");
    CHECK(config_flag("DRSH_DRY_RUN"));
    config_clear();
    char *other[] = {"run", "-n", NULL};
    CHECK_INT(read_flags(2, other, CONFIG_LOCAL, &error), -1);
    config_clear();
}

int main(void) {
    unsetenv("AWS_REGION");
    unsetenv("AWS_DEFAULT_REGION");
    flags_outrank_the_environment_and_it_the_file();
    what_is_wrong_is_named();
    short_flags_are_for_call();
    CHECK(config_is_secret("AWS_SECRET_ACCESS_KEY") && config_is_secret("AWS_SESSION_TOKEN") &&
          !config_is_secret("AWS_REGION"));
    return check_report();
}
