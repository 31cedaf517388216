#include "aws/profile.h"

#include "check.h"

static struct profile_file file;
static struct error error;

static bool parse(enum profile_format format, const char *text) {
    profile_clear(&file);
    memset(&error, 0, sizeof error);
    return profile_parse(&file, format, text, strlen(text), &error);
}

static const char *value(enum profile_kind kind, const char *name, const char *parent, const char *key) {
    const struct profile_section *section = profile_find(&file, kind, name);
    return section != NULL ? profile_value(section, parent, key) : NULL;
}

static void a_usual_config_file(void) {
    CHECK(parse(PROFILE_CONFIG, "# of ours\n"
                                "[default]\n"
                                "region = eu-west-1\n"
                                "\n"
                                "[profile drill]\r\n"
                                "  role_arn=arn:aws:iam::123456789012:role/A=B\r\n"
                                "  ; a comment\n"
                                "  SOURCE_Profile : default\n"
                                "credential_process = /bin/keys --for \"a b\" # not a comment\n"
                                "s3 =\n"
                                "    addressing_style = path\n"
                                "    # another\n"
                                "\n"
                                "    Max_Bandwidth=5MB/s\n"
                                "output = json\n"
                                "[sso-session 'my sso']\n"
                                "sso_start_url = https://x.awsapps.com/start\n"
                                "[services \"local\"]\n"
                                "drs = \n"
                                "  endpoint_url = http://127.0.0.1:8000\n"
                                "sfn =\n"
                                "  endpoint_url = http://127.0.0.1:8001\n"
                                "[preview]\n"
                                "x = 1\n"
                                "[profile a\\ b]\n"
                                "[plugins]"));
    CHECK_STR(error.message, "");
    CHECK_INT(file.count, 7);
    CHECK_STR(value(PROFILE_NAMED, "default", NULL, "region"), "eu-west-1");
    CHECK_STR(value(PROFILE_NAMED, "drill", NULL, "role_arn"), "arn:aws:iam::123456789012:role/A=B");
    CHECK_STR(value(PROFILE_NAMED, "drill", NULL, "source_profile"), "default");
    CHECK_STR(value(PROFILE_NAMED, "drill", NULL, "credential_process"), "/bin/keys --for \"a b\" # not a comment");
    CHECK_STR(value(PROFILE_NAMED, "drill", "s3", "addressing_style"), "path");
    CHECK_STR(value(PROFILE_NAMED, "drill", "s3", "Max_Bandwidth"), "5MB/s");
    CHECK(value(PROFILE_NAMED, "drill", NULL, "addressing_style") == NULL);
    CHECK(value(PROFILE_NAMED, "drill", NULL, "s3") == NULL);
    CHECK(value(PROFILE_NAMED, "drill", "s3", "output") == NULL);
    CHECK_STR(value(PROFILE_NAMED, "drill", NULL, "output"), "json");
    CHECK_STR(value(PROFILE_SSO_SESSION, "my sso", NULL, "sso_start_url"), "https://x.awsapps.com/start");
    CHECK_STR(value(PROFILE_SERVICES, "local", "drs", "endpoint_url"), "http://127.0.0.1:8000");
    CHECK_STR(value(PROFILE_SERVICES, "local", "sfn", "endpoint_url"), "http://127.0.0.1:8001");
    CHECK_STR(value(PROFILE_OTHER, "preview", NULL, "x"), "1");
    CHECK(profile_find(&file, PROFILE_NAMED, "a b") != NULL);
    CHECK(profile_find(&file, PROFILE_NAMED, "nobody") == NULL);
    CHECK(profile_find(&file, PROFILE_OTHER, "drill") == NULL);
    CHECK_INT(profile_find(&file, PROFILE_NAMED, "drill")->line, 5);
    CHECK_INT(profile_find(&file, PROFILE_NAMED, "drill")->entries[4].line, 14);
}

static void a_credentials_file(void) {
    CHECK(parse(PROFILE_CREDENTIALS, "\xEF\xBB\xBF[default]\naws_access_key_id=AKIA\naws_secret_access_key = a/b+c=\n"
                                     "[profile x]\naws_access_key_id = ASIA\n[team one]\naws_access_key_id = B"));
    CHECK_STR(value(PROFILE_NAMED, "default", NULL, "aws_secret_access_key"), "a/b+c=");
    CHECK_STR(value(PROFILE_NAMED, "profile x", NULL, "aws_access_key_id"), "ASIA");
    CHECK_STR(value(PROFILE_NAMED, "team one", NULL, "aws_access_key_id"), "B");
}

static void odd_but_valid_files(void) {
    CHECK(parse(PROFILE_CONFIG, ""));
    CHECK_INT(file.count, 0);
    CHECK(parse(PROFILE_CONFIG, "\n\n  # only comments\n;\n"));
    CHECK(parse(PROFILE_CONFIG, "[default]\nempty =\nother:\n"));
    CHECK_STR(value(PROFILE_NAMED, "default", NULL, "empty"), "");
    CHECK_STR(value(PROFILE_NAMED, "default", NULL, "other"), "");
    CHECK(parse(PROFILE_CONFIG, "[default]\nlong = one\n  two\n\n  # no\n  three = 3\n\nnext = 1"));
    CHECK_STR(value(PROFILE_NAMED, "default", NULL, "long"), "one\ntwo\n\nthree = 3");
    CHECK_STR(value(PROFILE_NAMED, "default", NULL, "next"), "1");
    CHECK(parse(PROFILE_CONFIG, "  [default]\n    a = 1\n      b = 2\n   c = 3"));
    CHECK_STR(value(PROFILE_NAMED, "default", NULL, "a"), "1\nb = 2");
    CHECK_STR(value(PROFILE_NAMED, "default", NULL, "c"), "3");
    CHECK(parse(PROFILE_CONFIG,
                "[profile]\na = 1\n[profile a b]\na = 2\n[profile \"open]\na = 3\n[profiles x]\na = 4\n[profile '']\na=5"));
    CHECK_STR(value(PROFILE_OTHER, "profile", NULL, "a"), "1");
    CHECK_STR(value(PROFILE_OTHER, "profile a b", NULL, "a"), "2");
    CHECK_STR(value(PROFILE_OTHER, "profile \"open", NULL, "a"), "3");
    CHECK_STR(value(PROFILE_OTHER, "profiles x", NULL, "a"), "4");
    CHECK_STR(value(PROFILE_NAMED, "", NULL, "a"), "5");
    CHECK(parse(PROFILE_CONFIG,
                "[profile a\"b\\\"c\"'\\d']\nx = 1\n[profile default]\ny=1\n[services s]\ndrs =\n  a = 1\n  a = 2\n"));
    CHECK(profile_find(&file, PROFILE_NAMED, "ab\"c\\d") != NULL);
    CHECK_STR(value(PROFILE_NAMED, "default", NULL, "y"), "1");
    CHECK_STR(value(PROFILE_SERVICES, "s", "drs", "a"), "2");
}

static void mistakes_name_their_line(void) {
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"region = x\n", "line 1: stands before the first"},
        {"\n[default]\nregion\n", "line 3: neither"},
        {"[default]\n= x\n", "line 2: neither"},
        {"[]\n", "line 1: stands before"},
        {"[default]\na = 1\n[x]\n[default]\n", "line 4: the section [default] is there already, since line 1"},
        {"[profile a]\n[profile 'a']\n", "line 2: the section [profile 'a'] is there"},
        {"[default]\na = 1\nA : 2\n", "line 3: a is there already, since line 2"},
        {"[default]\ns3 =\n  x = 1\ns3 = 2\n", "line 4: s3 is there already, since line 3"},
        {"[default]\n\n# c\ns3 =\n  x = 1\n  # c\n\n  nonsense\n", "line 8: what is nested under s3"},
        {"[default]\ns3 =\n  nonsense", "line 3: what is nested under s3"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!parse(PROFILE_CONFIG, bad[i].text));
        CHECK_STR(error.code, "INVALID_PROFILE_FILE");
        if (strncmp(error.message, bad[i].says, strlen(bad[i].says)) != 0) {
            CHECK_STR(error.message, bad[i].says);
        }
    }
    profile_clear(&file);
    CHECK(!profile_parse(&file, PROFILE_CONFIG, "[a]\0", 4, &error));
    CHECK(strstr(error.message, "zero byte") != NULL);
}

/* A key without its name is what one pastes by mistake. */
static void messages_hold_no_secret(void) {
    CHECK(!parse(PROFILE_CREDENTIALS, "[default]\nwJalrXUtnFEMI/K7MDENG\n"));
    CHECK(strstr(error.message, "wJalr") == NULL);
    CHECK(!parse(PROFILE_CREDENTIALS, "[default]\nx =\n  wJalrXUtnFEMI/K7MDENG\n"));
    CHECK(strstr(error.message, "wJalr") == NULL);
}

int main(void) {
    a_usual_config_file();
    a_credentials_file();
    odd_but_valid_files();
    mistakes_name_their_line();
    messages_hold_no_secret();
    profile_clear(&file);
    profile_clear(&file);
    return check_report();
}
