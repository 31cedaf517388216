#include "aws/keys.h"

#include "check.h"

static struct keys full(void) {
    static char id[] = "AKIDEXAMPLE", secret[] = "secret/+=", token[] = "token==", account[] = "123456789012",
                source[] = "profile a b";
    return (struct keys){id, secret, token, account, source, 1000};
}

int main(void) {
    struct keys keys = {0}, from = full();
    struct error error = {0};
    static char empty[] = "", line[] = "a\nb", space[] = "a b";

    CHECK(keys_copy(&keys, &from, &error));
    CHECK_STR(keys.access_key_id, "AKIDEXAMPLE");
    CHECK_STR(keys.secret_access_key, "secret/+=");
    CHECK_STR(keys.session_token, "token==");
    CHECK_STR(keys.account_id, "123456789012");
    CHECK_STR(keys.source, "profile a b");
    CHECK(keys.access_key_id != from.access_key_id);

    CHECK(!keys_expire_within(&keys, 0, 999));
    CHECK(keys_expire_within(&keys, 0, 1000));
    CHECK(keys_expire_within(&keys, 2000, 0));

    from.session_token = empty; /* as an empty environment variable gives it */
    from.account_id = from.source = NULL;
    from.expires_at = 0;
    CHECK(keys_copy(&keys, &from, &error)); /* over the others */
    CHECK(keys.session_token == NULL && keys.account_id == NULL && keys.source == NULL);
    CHECK(!keys_expire_within(&keys, 1LL << 60, 1000));

    from = full();
    from.access_key_id = NULL;
    CHECK(!keys_copy(&keys, &from, &error));
    CHECK_STR(error.code, "INVALID_CREDENTIALS");
    CHECK_STR(error.message, "the access key id is missing");
    CHECK(keys.secret_access_key == NULL);
    from = full();
    from.secret_access_key = empty;
    CHECK(!keys_copy(&keys, &from, &error));
    CHECK_STR(error.message, "the secret access key is missing");
    from = full();
    from.secret_access_key = line;
    CHECK(!keys_copy(&keys, &from, &error));
    CHECK(strstr(error.message, "secret access key holds") != NULL);
    from = full();
    from.session_token = space;
    CHECK(!keys_copy(&keys, &from, NULL));
    from = full();
    from.account_id = line;
    CHECK(!keys_copy(&keys, &from, &error));
    keys_clear(&keys);
    keys_clear(&keys);
    return check_report();
}
