/* Any bytes as a config file and as a credentials file. */
#include "aws/profile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (enum profile_format format = PROFILE_CONFIG; format <= PROFILE_CREDENTIALS; format++) {
        struct profile_file file;
        struct error error = {0};
        if (!profile_parse(&file, format, (const char *)data, size, &error) && strncmp(error.message, "line ", 5) != 0) {
            abort();
        }
        for (size_t i = 0; i < file.count; i++) {
            const struct profile_section *section = &file.sections[i];
            if (profile_find(&file, section->kind, section->name) != section) {
                abort();
            }
            for (size_t j = 0; j < section->count; j++) {
                if (profile_value(section, section->entries[j].parent, section->entries[j].key) == NULL) {
                    abort();
                }
            }
        }
        profile_clear(&file);
    }
    return 0;
}
