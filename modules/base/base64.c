#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static char digit_of(unsigned value, enum base64_alphabet alphabet) {
    return value < 62 ? digits[value] : "+/-_"[value - 62 + (alphabet == BASE64_URL ? 2 : 0)];
}

static int value_of(char digit, enum base64_alphabet alphabet) {
    const char *last = alphabet == BASE64_URL ? "-_" : "+/";
    if (digit >= 'A' && digit <= 'Z') {
        return digit - 'A';
    }
    if (digit >= 'a' && digit <= 'z') {
        return digit - 'a' + 26;
    }
    if (digit >= '0' && digit <= '9') {
        return digit - '0' + 52;
    }
    return digit == last[0] ? 62 : digit == last[1] ? 63 : -1;
}

bool base64_encode(struct buffer *out, const void *bytes, size_t count, enum base64_alphabet alphabet) {
    const unsigned char *from = bytes;
    size_t rest = count % 3;
    size_t tail = rest == 0 ? 0 : alphabet == BASE64_URL ? rest + 1 : 4;
    char *to = count / 3 < SIZE_MAX / 8 ? buffer_extend(out, count / 3 * 4 + tail) : NULL;

    if (to == NULL) {
        out->failed = true;
        return false;
    }
    for (size_t i = 0; i + 2 < count; i += 3) {
        unsigned group = (unsigned)from[i] << 16 | (unsigned)from[i + 1] << 8 | from[i + 2];
        *to++ = digit_of(group >> 18, alphabet);
        *to++ = digit_of(group >> 12 & 63, alphabet);
        *to++ = digit_of(group >> 6 & 63, alphabet);
        *to++ = digit_of(group & 63, alphabet);
    }
    if (rest > 0) {
        unsigned group = (unsigned)from[count - rest] << 16 | (rest == 2 ? (unsigned)from[count - 1] << 8 : 0);
        char last[4] = {digit_of(group >> 18, alphabet), digit_of(group >> 12 & 63, alphabet),
                        rest == 2 ? digit_of(group >> 6 & 63, alphabet) : '=', '='};
        memcpy(to, last, tail);
    }
    return true;
}

/* Reads `length` digits; false if one is none, or if bits are left that belong to no byte. */
static bool decode_digits(unsigned char *to, const char *text, size_t length, enum base64_alphabet alphabet) {
    uint32_t bits = 0;
    int have = 0;
    for (size_t i = 0; i < length; i++) {
        int value = value_of(text[i], alphabet);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            *to++ = (unsigned char)(bits >> have);
            bits &= (1U << have) - 1;
        }
    }
    return have < 6 && bits == 0;
}

bool base64_decode(struct buffer *out, const char *text, size_t length, enum base64_alphabet alphabet) {
    size_t start = out->length;
    size_t count;
    char *to;

    if (alphabet == BASE64_STANDARD) {
        if (length % 4 != 0) {
            return false;
        }
        if (length > 0 && text[length - 1] == '=') {
            length -= text[length - 2] == '=' ? 2 : 1;
        }
    }
    count = length / 4 * 3 + (length % 4 > 1 ? length % 4 - 1 : 0);
    to = buffer_extend(out, count);
    if (to == NULL) {
        return false;
    }
    if (!decode_digits((unsigned char *)to, text, length, alphabet)) {
        out->length = start;
        out->data[start] = '\0';
        return false;
    }
    return true;
}
