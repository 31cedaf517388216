#include "runtime/pattern.h"

#include "check.h"

static int exponent(const char *pattern) {
    return pattern_exponent(pattern, strlen(pattern));
}

int main(void) {
    /* Nothing to give back. */
    CHECK_INT(exponent(""), 1);
    CHECK_INT(exponent("^"), 0);
    CHECK_INT(exponent("^abc$"), 0);
    CHECK_INT(exponent("abc"), 1);
    CHECK_INT(exponent("^[^:]*:[^:]*:(.*)"), 0);
    CHECK_INT(exponent("^(%x+)%-(%x+)%-(%x+)"), 0);
    CHECK_INT(exponent("^%s*%S+"), 0);
    CHECK_INT(exponent("^a?b?c?$"), 0);
    CHECK_INT(exponent("^[]]*x"), 0);
    CHECK_INT(exponent("^[%]a-c]*x"), 0);
    CHECK_INT(exponent("^[a-]*x"), 0);
    /* What overlaps with what follows, or with the end. */
    CHECK_INT(exponent("^.-x"), 1);
    CHECK_INT(exponent(".-x"), 2);
    CHECK_INT(exponent("^%s*(.-)%s*$"), 3);
    CHECK_INT(exponent("^%d+$"), 1);
    CHECK_INT(exponent("^%w*%d?-"), 1);
    CHECK_INT(exponent("^a*b*a"), 1);
    CHECK_INT(exponent("^[^a]*[^b]"), 1);
    CHECK_INT(exponent("^[%a_]*_"), 1);
    CHECK_INT(exponent("^.-.-.-.-.-.-.-.-x"), 8);
    CHECK_INT(exponent("^%b()x"), 1);
    CHECK_INT(exponent("^(a*)%1x"), 2);
    /* Malformed ones end somewhere, too; the library refuses them. */
    CHECK_INT(exponent("["), 1);
    CHECK_INT(exponent("%"), 1);
    CHECK_INT(exponent("[^"), 1);
    CHECK_INT(exponent("[a-"), 1);
    CHECK(exponent("%b") >= 1);
    /* Beyond what is looked at, anything is too much. */
    CHECK_INT(exponent("one literal sentence that is longer than most patterns are, and still takes one pass"), 1);
    char many[4000];
    memset(many, 'a', sizeof many);
    CHECK(pattern_exponent(many, sizeof many) >= 500);
    return check_report();
}
