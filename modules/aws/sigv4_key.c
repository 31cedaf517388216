#include "aws/sigv4_key.h"

#include <string.h>

#include "base/digest.h"

enum { TEXT_LIMIT = 1024 * 1024 };

void sigv4_key_cache_clear(struct sigv4_key_cache *cache) {
    digest_wipe_secure(cache, sizeof *cache);
}

static bool derive_key(const char *secret, const char *day, const char *region, const char *service, unsigned char key[32]) {
    struct buffer seed;
    bool good;
    buffer_init_secure(&seed, strlen(secret) + 4);
    buffer_append_string(&seed, "AWS4");
    buffer_append_string(&seed, secret);
    good = !seed.failed && digest_hmac_sha256(seed.data, seed.length, day, strlen(day), key) &&
           digest_hmac_sha256(key, 32, region, strlen(region), key) &&
           digest_hmac_sha256(key, 32, service, strlen(service), key) && digest_hmac_sha256(key, 32, "aws4_request", 12, key);
    buffer_clear_secure(&seed);
    return good;
}

static bool make_fingerprint(const char *secret, const char *day, const char *region, const char *service,
                             unsigned char fingerprint[32]) {
    struct buffer text;
    bool good;
    buffer_init_secure(&text, TEXT_LIMIT);
    buffer_append(&text, day, strlen(day) + 1); /* with the NULs, so that "ab"+"c" is not "a"+"bc" */
    buffer_append(&text, region, strlen(region) + 1);
    buffer_append(&text, service, strlen(service) + 1);
    buffer_append_string(&text, secret);
    good = !text.failed && digest_sha256(text.data, text.length, fingerprint);
    buffer_clear_secure(&text);
    return good;
}

static bool signing_key(struct sigv4_key_cache *cache, const char *secret, const char *day, const char *region,
                        const char *service, unsigned char key[32]) {
    enum { ENTRIES = sizeof cache->entries / sizeof *cache->entries };
    unsigned char fingerprint[32];
    if (cache == NULL || !make_fingerprint(secret, day, region, service, fingerprint)) {
        return derive_key(secret, day, region, service, key);
    }
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (cache->entries[i].used && digest_equal_constant_time(cache->entries[i].fingerprint, fingerprint, 32)) {
            memcpy(key, cache->entries[i].key, 32);
            return true;
        }
    }
    if (!derive_key(secret, day, region, service, key)) {
        return false;
    }
    memcpy(cache->entries[cache->next].fingerprint, fingerprint, 32);
    memcpy(cache->entries[cache->next].key, key, 32);
    cache->entries[cache->next].used = true;
    cache->next = (cache->next + 1) % ENTRIES;
    return true;
}

bool sigv4_key_signature(struct sigv4_key_cache *cache, const char *secret, const char *day, const char *region,
                         const char *service, const struct buffer *text, char signature[65]) {
    unsigned char key[32], mac[32];
    bool good =
        signing_key(cache, secret, day, region, service, key) && digest_hmac_sha256(key, 32, text->data, text->length, mac);
    digest_wipe_secure(key, sizeof key);
    if (good) {
        digest_hex(mac, sizeof mac, signature);
    }
    return good;
}
