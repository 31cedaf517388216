#include "base/gzip.h"

#include <zlib.h>

enum { WINDOW_BITS = 15, AS_GZIP = 16, MEMORY_LEVEL = 8 };

bool gzip_pack(struct buffer *out, const void *bytes, size_t count) {
    z_stream stream = {0};
    if (count > (uInt)-1 || deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS + AS_GZIP, MEMORY_LEVEL,
                                         Z_DEFAULT_STRATEGY) != Z_OK) {
        return false;
    }
    size_t most = deflateBound(&stream, count), before = out->length;
    char *place = most > (uInt)-1 ? NULL : buffer_extend(out, most);
    bool packed = false;
    if (place != NULL) {
        stream.next_in = (Bytef *)(size_t)bytes; /* zlib does not write there */
        stream.avail_in = (uInt)count;
        stream.next_out = (Bytef *)place;
        stream.avail_out = (uInt)most;
        packed = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        out->length = before + stream.total_out;
        out->data[out->length] = '\0';
    }
    deflateEnd(&stream);
    return packed;
}
