#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct setting {
    const char *name;  /* in the environment and the configuration file */
    const char *flag;  /* without the dashes; NULL: no flag */
    const char *takes; /* what the flag takes, NULL: nothing, it switches on */
    const char *initial;
    unsigned groups;
    const char *help;
};

static const struct setting settings[] = {
    {"DRSH_LISTEN", "listen", "ADDR:PORT", "127.0.0.1:8080", CONFIG_LISTEN, "where to listen; port 0 takes a free one"},
    {"DRSH_ALLOW_REMOTE", "allow-remote", NULL, NULL, CONFIG_LISTEN,
     "listen on an address that other machines reach; put an authenticating proxy in front"},
    {"DRSH_WORKERS", "workers", "N", "1", CONFIG_SERVE, "processes that serve, or auto: as many as there are processors"},
    {"DRSH_WATCHDOG", "watchdog", "SECONDS", "10", CONFIG_SERVE, "a worker that shows no life for so long is replaced"},
    {"DRSH_DRAIN", "drain", "SECONDS", "30", CONFIG_SERVE, "how long requests under way may still take when the server ends"},
    {"DRSH_RELOAD", "reload", "HOW", "auto", CONFIG_SERVE, "how saved scripts are noticed: inotify, stat, or auto: what works"},
    {"DRSH_CONNECTIONS", "connections", "N", "1024", CONFIG_SERVE, "open connections of a worker; more wait to be accepted"},
    {"DRSH_MEMORY", "memory", "MIB", "1024", CONFIG_SERVE, "memory that the Lua of a worker may take"},
    {"DRSH_RUNTIME_DIR", "runtime-dir", "DIR", NULL, CONFIG_CONTROL, "where the control sockets are; only its owner gets in"},
    {"DRSH_LOCAL", "local", NULL, NULL, CONFIG_LOCAL, "work against the built-in local AWS; no account is needed"},
    {"DRSH_LOCAL_LISTEN", "local-listen", "ADDR:PORT", "127.0.0.1:0", CONFIG_LOCAL,
     "where the local AWS listens, for other AWS clients"},
    {"DRSH_DATA", "data", "FILE", ":memory:", CONFIG_WORLD, "what the local AWS keeps its data in; :memory: keeps nothing"},
    {"DRSH_SPEED", "speed", "N", "1", CONFIG_WORLD, "how fast the local AWS's clock runs: 60 is a minute in a second"},
    {"DRSH_ACCOUNTS", "accounts", "FILE", NULL, CONFIG_WORLD, "more accounts, keys and roles for the local AWS"},
    {"DRSH_ESTATE", "estate", "FILE", "sample", CONFIG_WORLD, "what a new local AWS holds: a Lua or JSON file, sample, none"},
    {"DRSH_SCRIPTS", "scripts", "DIR", NULL, CONFIG_EVERY, "the folder of the Lua scripts"},
    {"DRSH_MODEL_PATH", "model-path", "DIR", NULL, CONFIG_EVERY,
     "a folder of botocore-style API models: each service in it can be called"},
    {"DRSH_CONFIG", "config", "FILE", NULL, CONFIG_EVERY, "a file of settings, NAME=VALUE a line"},
    {"DRSH_LOG_LEVEL", "log-level", "LEVEL", "info", CONFIG_EVERY,
     "what is logged: debug, info, warn, error; call, run and repl log from warn on"},
    {"AWS_REGION", "region", "REGION", NULL, CONFIG_EVERY, "the AWS region; AWS_DEFAULT_REGION counts too"},
    {"AWS_PROFILE", "profile", "NAME", NULL, CONFIG_EVERY, "the profile of the AWS configuration files"},
    {"AWS_ENDPOINT_URL", "endpoint-url", "URL", NULL, CONFIG_EVERY,
     "an AWS endpoint for all services; AWS_ENDPOINT_URL_<SERVICE> for one"},
    {"EXECUTION_HISTORY_TABLE", NULL, NULL, "drsh-execution-history", CONFIG_TABLES, "DynamoDB table of the executions"},
    {"RECOVERY_PLANS_TABLE", NULL, NULL, "drsh-recovery-plans", CONFIG_TABLES, "DynamoDB table of the recovery plans"},
    {"PROTECTION_GROUPS_TABLE", NULL, NULL, "drsh-protection-groups", CONFIG_TABLES, "DynamoDB table of the groups of servers"},
    {"TARGET_ACCOUNTS_TABLE", NULL, NULL, "drsh-target-accounts", CONFIG_TABLES, "DynamoDB table of the accounts with servers"},
    {"STATE_MACHINE_ARN", NULL, NULL, NULL, CONFIG_TABLES, "the Step Functions state machine that runs the waves"},
    {"DRSH_TOKEN_SECRET", NULL, NULL, NULL, CONFIG_TABLES, "signs the listing's page tokens; the same on every host"},
    {"DRSH_ROLES", "roles", "LIST", "admin", CONFIG_TABLES, "the caller's roles, with commas between"},
    {"DRSH_CALLER", "caller", "NAME", NULL, CONFIG_TABLES, "who calls, for the audit trail"},
    {"DRSH_CALLER_HEADER", "caller-header", "NAME", NULL, CONFIG_LISTEN,
     "the header in which your authenticating proxy says who calls; it must remove the caller's own"},
    {"DRSH_ROLES_HEADER", "roles-header", "NAME", NULL, CONFIG_LISTEN, "the same for the caller's roles, with commas between"},
    {"DRSH_DEADLINE", "deadline", "SECONDS", "60", CONFIG_TABLES, "how long a request may take"},
    {"DRSH_CALL_BODY", "data-json", "JSON", NULL, CONFIG_CALL, "the request's body; -d for short"},
    {"DRSH_DRY_RUN", "dry-run", NULL, NULL, CONFIG_DRY | CONFIG_DRY_SESSION,
     "say what would be done, change nothing; -n for short"},
    {"DRSH_ATTACH", "attach", NULL, NULL, CONFIG_REPL, "work in the state of a running server"},
    {"DRSH_JSON", "json", NULL, NULL, CONFIG_CALL | CONFIG_DRY | CONFIG_JSON, "one line of JSON, for programs"},
    {"DRSH_OFFLINE", "offline", NULL, NULL, CONFIG_AUTH, "do not ask STS whose the credentials are"},
    {"DRSH_IAM_ROLES", "target-accounts", NULL, NULL, CONFIG_IAM,
     "name the roles to assume as the table of target accounts does; calls AWS to read it"},
    {"DRSH_TEST_FILTER", "filter", "PATTERN", NULL, CONFIG_TEST, "only tests whose name this Lua pattern is found in"},
    {"DRSH_TEST_COVERAGE", "coverage", NULL, NULL, CONFIG_TEST, "show which lines of the scripts the tests did not reach"},
};

#define SETTING_COUNT (sizeof settings / sizeof settings[0])

enum origin { FROM_FILE, FROM_FLAG, FROM_SET, ORIGIN_COUNT };

/* What was given, per origin: a short list, for a program has few settings. */
struct given {
    struct given *next;
    char *value;
    char name[];
};

static struct given *given[ORIGIN_COUNT];

static struct given *given_find(enum origin origin, const char *name) {
    for (struct given *entry = given[origin]; entry != NULL; entry = entry->next) {
        if (strcmp(entry->name, name) == 0) {
            return entry;
        }
    }
    return NULL;
}

static struct given *given_add(enum origin origin, const char *name) {
    size_t length = strlen(name);
    struct given *entry = calloc(1, sizeof *entry + length + 1);
    if (entry != NULL) {
        memcpy(entry->name, name, length);
        entry->next = given[origin];
        given[origin] = entry;
    }
    return entry;
}

static bool given_put(enum origin origin, const char *name, const char *value) {
    char *copy = value == NULL ? NULL : strdup(value);
    struct given *entry = given_find(origin, name);
    if (entry == NULL) {
        entry = given_add(origin, name);
    }
    if (entry == NULL || (value != NULL && copy == NULL)) {
        free(copy);
        return false;
    }
    free(entry->value);
    entry->value = copy;
    return true;
}

static const struct setting *setting_find(const char *name) {
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (strcmp(settings[i].name, name) == 0) {
            return &settings[i];
        }
    }
    return NULL;
}

/* What was given, "" included; NULL if nothing was. */
static const char *given_value(const char *name) {
    struct given *set = given_find(FROM_SET, name);
    struct given *flag = given_find(FROM_FLAG, name);
    struct given *file = given_find(FROM_FILE, name);
    if (set != NULL && set->value != NULL) {
        return set->value;
    }
    if (flag != NULL) {
        return flag->value;
    }
    const char *environment = getenv(name);
    if (environment != NULL) {
        return environment;
    }
    return file == NULL ? NULL : file->value;
}

const char *config_get(const char *name) {
    const char *value = given_value(name);
    if (value == NULL && strcmp(name, "AWS_REGION") == 0) {
        value = given_value("AWS_DEFAULT_REGION");
    }
    if (value == NULL) {
        const struct setting *setting = setting_find(name);
        value = setting == NULL ? NULL : setting->initial;
    }
    return value == NULL || value[0] == '\0' ? NULL : value;
}

bool config_is_set(const char *name) {
    const char *value = given_value(name);
    return value != NULL && value[0] != '\0';
}

bool config_flag(const char *name) {
    static const char *const yes[] = {"1", "true", "yes", "on"};
    const char *value = config_get(name);
    for (size_t i = 0; value != NULL && i < sizeof yes / sizeof yes[0]; i++) {
        if (strcasecmp(value, yes[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool config_set(const char *name, const char *value) {
    return given_put(FROM_SET, name, value);
}

bool config_is_secret(const char *name) {
    return strstr(name, "SECRET") != NULL || strstr(name, "TOKEN") != NULL || strstr(name, "PASSWORD") != NULL;
}

/* One line of the configuration file, which is changed. False when it is neither empty, a comment, nor NAME=VALUE. */
static bool file_line(char *line) {
    line += strspn(line, " \t");
    line[strcspn(line, "\r\n")] = '\0';
    if (*line == '\0' || *line == '#') {
        return true;
    }
    char *equals = strchr(line, '=');
    if (equals == NULL || equals == line) {
        return false;
    }
    *equals = '\0';
    char *value = equals + 1 + strspn(equals + 1, " \t");
    size_t length = strlen(value);
    if (length >= 2 && (value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0]) {
        value[length - 1] = '\0';
        value++;
    }
    line[strcspn(line, " \t")] = '\0';
    return given_put(FROM_FILE, line, value);
}

static bool file_read(const char *path, struct error *error) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return error_set(error, "CONFIG_FILE", "cannot read the configuration file %s: %s", path, strerror(errno));
    }
    char *line = NULL;
    size_t size = 0;
    bool good = true;
    for (int number = 1; good && getline(&line, &size, file) >= 0; number++) {
        good = file_line(line);
        if (!good) {
            error_set(error, "CONFIG_FILE", "%s:%d: should be NAME=VALUE, a comment or empty", path, number);
        }
    }
    free(line);
    fclose(file);
    return good;
}

/* getopt's own view of the table, for the groups asked for. */
struct flags {
    struct option options[SETTING_COUNT + 1];
    const struct setting *of[SETTING_COUNT];
};

static void flags_init(struct flags *flags, unsigned groups) {
    int count = 0;
    memset(flags, 0, sizeof *flags);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (settings[i].flag != NULL && (settings[i].groups & (groups | CONFIG_EVERY)) != 0) {
            flags->of[count] = &settings[i];
            flags->options[count].name = settings[i].flag;
            flags->options[count].has_arg = settings[i].takes == NULL ? no_argument : required_argument;
            count++;
        }
    }
}

static int flag_refused(char **argv, int found, struct error *error) {
    const char *word = optind > 0 && argv[optind - 1] != NULL ? argv[optind - 1] : "";
    if (found == ':') {
        error_set(error, "USAGE", "%s needs a value; see 'drsh %s --help'", word, argv[0]);
    } else {
        error_set(error, "USAGE", "unknown flag %s; see 'drsh %s --help'", word, argv[0]);
    }
    return -1;
}

static const struct setting *flag_setting(const struct flags *flags, int found, int index) {
    switch (found) {
    case 0:
        return flags->of[index];
    case 'd':
        return setting_find("DRSH_CALL_BODY");
    case 'n':
        return setting_find("DRSH_DRY_RUN");
    default:
        return NULL;
    }
}

int config_read(int argc, char **argv, unsigned groups, struct error *error) {
    struct flags flags;
    flags_init(&flags, groups);
    const char *letters = "+:";
    if ((groups & CONFIG_CALL) != 0) {
        letters = ":d:n"; /* what follows METHOD PATH is never a script's own flag */
    } else if ((groups & CONFIG_REPL) != 0) {
        letters = ":n";
    } else if ((groups & (CONFIG_DRY | CONFIG_DRY_SESSION)) != 0) {
        letters = "+:n";
    } else if ((groups & CONFIG_TOOL) != 0) {
        letters = ":";
    }
    int found;
    int index = 0;
    opterr = 0;
    optind = 1;
    while ((found = getopt_long(argc, argv, letters, flags.options, &index)) != -1) {
        const struct setting *setting = flag_setting(&flags, found, index);
        if (setting == NULL) {
            return flag_refused(argv, found, error);
        }
        if (!given_put(FROM_FLAG, setting->name, setting->takes == NULL ? "1" : optarg)) {
            error_set(error, "NO_MEMORY", "no memory for the settings");
            return -1;
        }
    }
    const char *path = config_get("DRSH_CONFIG");
    if (path != NULL && !file_read(path, error)) {
        return -1;
    }
    return optind;
}

void config_print_flags(FILE *out, unsigned groups) {
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &settings[i];
        if ((setting->groups & (groups | CONFIG_EVERY)) == 0) {
            continue;
        }
        char left[48] = "";
        if (setting->flag != NULL) {
            snprintf(left, sizeof left, "--%s%s%s", setting->flag, setting->takes ? " " : "",
                     setting->takes ? setting->takes : "");
        }
        fprintf(out, "  %-26s %s", left, setting->help);
        if (setting->initial != NULL) {
            fprintf(out, " [%s]", setting->initial);
        }
        fprintf(out, "\n  %-26s   %s\n", "", setting->name);
    }
}

void config_clear(void) {
    for (int origin = 0; origin < ORIGIN_COUNT; origin++) {
        while (given[origin] != NULL) {
            struct given *entry = given[origin];
            given[origin] = entry->next;
            free(entry->value);
            free(entry);
        }
    }
}
