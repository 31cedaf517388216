#include "base/xml.h"

#include <stdlib.h>

#include "check.h"

static struct buffer tape, shown;
static struct error error;
static struct xml_place place;

/* The tape with | for each NUL, or NULL and the error. */
static const char *read_(const char *document, const struct xml_limits *limits) {
    bool good;
    buffer_reset(&tape);
    buffer_reset(&shown);
    memset(&error, 0, sizeof error);
    good = xml_read(&tape, document, strlen(document), limits, &place, &error);
    for (size_t i = 0; i < tape.length; i++) {
        buffer_append_byte(&shown, tape.data[i] != '\0' ? tape.data[i] : '|');
    }
    return good ? shown.data : NULL;
}

static void events_come_in_order(void) {
    CHECK_STR(read_("<a/>", NULL), "<a|>");
    CHECK_STR(
        read_("<?xml version=\"1.0\"?>\n<a x='1' y=\"&lt;2\"><!-- no -->t&amp;u&#228;<b>v</b><![CDATA[<w>]]></a>\n", NULL),
        "<a|=x|1|=y|<2|tt&u\xC3\xA4|<b|tv|>t<w>|>");
    CHECK_STR(read_("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE4</a>", NULL), "<a|t\xC3\xA4|>");
    CHECK_STR(read_("<a xmlns='urn:x' xmlns:p='urn:y'><p:b/></a>", NULL), "<a|=xmlns|urn:x|=xmlns:p|urn:y|<p:b|>>");
    CHECK_STR(read_("<a>1<!-- in between -->2\n3</a>", NULL), "<a|t12\n3|>");
}

static void malformed_ones_say_where(void) {
    static const char *const bad[] = {"",
                                      "   ",
                                      "text",
                                      "<a>",
                                      "<a></b>",
                                      "<a><b></a></b>",
                                      "<a/><b/>",
                                      "<a x=1/>",
                                      "<a x='1' x='2'/>",
                                      "<a>&unknown;</a>",
                                      "<a>\x01</a>",
                                      "<a>\xFF</a>",
                                      "<a>&#0;</a>"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(read_(bad[i], NULL) == NULL);
        CHECK_STR(error.code, "INVALID_XML");
    }
    CHECK(read_("<a>\n  <b>\n </c></a>", NULL) == NULL);
    CHECK_INT(place.line, 3);
    CHECK_INT(place.column, 4);
    CHECK(strstr(error.message, "(line 3, column 4)") != NULL);
    CHECK(!xml_read(&tape, "<a>", 3, NULL, NULL, NULL));
    CHECK(!xml_read(&tape, "<a>\0</a>", 8, NULL, NULL, &error));
}

static void dangers_are_refused(void) {
    struct xml_limits limits = {.depth = 3};
    struct buffer small;
    CHECK(read_("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", NULL) == NULL);
    CHECK_STR(error.code, "XML_DOCTYPE");
    CHECK(tape.length == 0);
    CHECK(read_("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", NULL) == NULL);
    CHECK_STR(error.code, "XML_DOCTYPE");
    CHECK(read_("<a><b><c/></b></a>", &limits) != NULL);
    CHECK(read_("<a><b><c><d/></c></b></a>", &limits) == NULL);
    CHECK_STR(error.code, "XML_TOO_DEEP");
    CHECK(strstr(shown.data, "d") == NULL);
    CHECK(read_("<a><b><c/><c/><c/></b></a>", &limits) != NULL); /* side by side is not deep */
    limits = (struct xml_limits){.bytes = 4};
    CHECK(read_("<a/>", &limits) != NULL);
    CHECK(read_("<ab/>", &limits) == NULL);
    CHECK_STR(error.code, "XML_TOO_LARGE");
    CHECK_INT(place.line, 1);
    for (size_t limit = 0; limit < 8; limit++) { /* at each event the tape may be full */
        buffer_init(&small, limit);
        CHECK(!xml_read(&small, "<a>t&amp;t</a>", 14, NULL, NULL, &error));
        CHECK_STR(error.code, "NO_MEMORY");
        buffer_clear(&small);
    }
    buffer_init(&small, 9);
    CHECK(xml_read(&small, "<a>t&amp;t</a>", 14, NULL, NULL, &error));
    buffer_clear(&small);
}

static void text_is_escaped(void) {
    buffer_reset(&tape);
    CHECK(xml_write_text(&tape, "a<b>&\"c'\r\n\t\x01\0\xC3\xA4", 15));
    CHECK_STR(tape.data, "a&lt;b&gt;&amp;&quot;c&apos;&#13;\n\t\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA4");
    tape.limit = tape.length;
    CHECK(!xml_write_text(&tape, "<", 1));
    tape.limit = 10000;
}

int main(void) {
    buffer_init(&tape, 10000);
    buffer_init(&shown, 10000);
    events_come_in_order();
    malformed_ones_say_where();
    dangers_are_refused();
    text_is_escaped();
    buffer_clear(&tape);
    buffer_clear(&shown);
    return check_report();
}
