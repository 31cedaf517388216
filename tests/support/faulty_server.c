/* A server that misbehaves as it is told, byte by byte: what evhttp would never send.
 *
 *     faulty_server [--tls HOST AUTHORITY_FILE] STEPS...
 *
 * Each connection takes the next STEPS; the last ones are repeated. Steps have commas between:
 *     peek            wait until something has come, and leave it unread
 *     read            read one request, head and body; its head is written to stdout, with an empty line after it
 *     send=FILE       send the file's bytes
 *     slow=FILE:MS    send them one by one, with so many milliseconds between
 *     fill=COUNT      send so many bytes "x"
 *     tls             shake hands: from here on the connection is encrypted
 *     hang            wait until the client has gone
 *     reset           end the connection with RST
 * A connection ends after its steps. The first line on stdout is "listening on PORT". Ends by itself after two minutes. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "identity.h"

enum { HEAD_MAX = 64 * 1024, LIFE_S = 120 };

struct connection {
    int fd;
    SSL *tls; /* NULL until the step "tls" */
};

static SSL_CTX *identity;

static ssize_t receive(struct connection *connection, char *room, size_t size) {
    return connection->tls != NULL ? SSL_read(connection->tls, room, (int)size) : read(connection->fd, room, size);
}

/* False if the client has gone. */
static bool deliver(struct connection *connection, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = connection->tls != NULL ? SSL_write(connection->tls, bytes, (int)length)
                                               : send(connection->fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

static size_t body_length(const char *head) {
    const char *line = strcasestr(head, "\r\ncontent-length:");
    return line != NULL ? strtoul(line + 17, NULL, 10) : 0;
}

static bool read_request(struct connection *connection) {
    static char head[HEAD_MAX];
    size_t length = 0, left;
    char *end = NULL;
    while (end == NULL) {
        ssize_t got = receive(connection, head + length, sizeof head - 1 - length);
        if (got <= 0) {
            return false;
        }
        length += (size_t)got;
        head[length] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    left = body_length(head) - (length - (size_t)(end + 4 - head));
    fwrite(head, 1, (size_t)(end + 4 - head), stdout);
    fflush(stdout);
    while (left > 0) {
        char part[4096];
        ssize_t got = receive(connection, part, left < sizeof part ? left : sizeof part);
        if (got <= 0) {
            return false;
        }
        left -= (size_t)got;
    }
    return true;
}

static bool send_file(struct connection *connection, const char *path, long pause_ms) {
    char part[4096];
    size_t got;
    bool good = true;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while (good && (got = fread(part, 1, pause_ms > 0 ? 1 : sizeof part, file)) > 0) {
        good = deliver(connection, part, got);
        if (pause_ms > 0) {
            usleep((useconds_t)pause_ms * 1000);
        }
    }
    fclose(file);
    return good;
}

static bool fill(struct connection *connection, unsigned long count) {
    char part[65536];
    bool good = true;
    memset(part, 'x', sizeof part);
    while (good && count > 0) {
        size_t length = count < sizeof part ? count : sizeof part;
        good = deliver(connection, part, length);
        count -= length;
    }
    return good;
}

static bool shake_hands(struct connection *connection) {
    connection->tls = SSL_new(identity);
    SSL_set_fd(connection->tls, connection->fd);
    return SSL_accept(connection->tls) == 1;
}

static bool hang(struct connection *connection) {
    char byte;
    while (receive(connection, &byte, 1) > 0) {
    }
    return false;
}

/* Closing with nothing to linger for sends RST. */
static bool reset(struct connection *connection) {
    struct linger none = {1, 0};
    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return false;
}

static bool take_step(struct connection *connection, char *step) {
    char *value = strchr(step, '='), *pause;
    if (value != NULL) {
        *value++ = '\0';
    }
    if (strcmp(step, "peek") == 0) {
        char byte;
        return recv(connection->fd, &byte, 1, MSG_PEEK) == 1;
    } else if (strcmp(step, "read") == 0) {
        return read_request(connection);
    } else if (strcmp(step, "send") == 0 && value != NULL) {
        return send_file(connection, value, 0);
    } else if (strcmp(step, "slow") == 0 && value != NULL && (pause = strrchr(value, ':')) != NULL) {
        *pause = '\0';
        return send_file(connection, value, strtol(pause + 1, NULL, 10));
    } else if (strcmp(step, "fill") == 0 && value != NULL) {
        return fill(connection, strtoul(value, NULL, 10));
    } else if (strcmp(step, "tls") == 0 && identity != NULL) {
        return shake_hands(connection);
    } else if (strcmp(step, "hang") == 0) {
        return hang(connection);
    } else if (strcmp(step, "reset") == 0) {
        return reset(connection);
    }
    fprintf(stderr, "faulty_server: no such step: %s\n", step);
    exit(2);
}

static void serve(int fd, const char *steps) {
    struct connection connection = {.fd = fd};
    char *copy = strdup(steps), *rest = copy, *step;
    int at_once = 1;
    if (copy == NULL) {
        exit(2);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    while ((step = strsep(&rest, ",")) != NULL && take_step(&connection, step)) {
    }
    if (connection.tls != NULL) {
        SSL_shutdown(connection.tls);
        SSL_free(connection.tls);
    }
    close(fd);
    free(copy);
}

static int listen_somewhere(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        perror("faulty_server");
        exit(2);
    }
    printf("listening on %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv) {
    int listener, next = 1;
    signal(SIGPIPE, SIG_IGN);
    alarm(LIFE_S);
    if (argc > 4 && strcmp(argv[1], "--tls") == 0) {
        identity = identity_new(argv[2], argv[3]);
        next = 4;
    }
    if (next >= argc || (next == 4 && identity == NULL)) {
        fprintf(stderr, "faulty_server: how should it behave?\n");
        return 2;
    }
    listener = listen_somewhere();
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            perror("faulty_server");
            return 2;
        }
        serve(fd, argv[next]);
        next += next < argc - 1;
    }
}
