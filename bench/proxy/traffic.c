// traffic serve                        accept on 8080 and swallow what comes, one connection after the other
// traffic connect ADDRESS PORT SECONDS open connections one after the other, print how many a second
// traffic send ADDRESS PORT SECONDS    send on one connection, print bytes a second
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 17];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) { perror(what); exit(1); }

static void reset(int fd)
{
    // No TIME_WAIT: the next connection may have the same port.
    struct linger l = { 1, 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
    close(fd);
}

static void serve(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096)) fail("listen");
    for (;;) {
        int client = accept(fd, NULL, NULL);
        if (client < 0) continue;
        while (read(client, buffer, sizeof buffer) > 0) ;
        reset(client);
    }
}

static int dial(const struct sockaddr_in *to)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)to, sizeof *to)) fail("connect");
    return fd;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    double began, until, total = 0;

    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && !strcmp(argv[1], "serve")) serve(8080);
    if (argc != 5 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) { fputs("see the head of traffic.c\n", stderr); return 2; }
    to.sin_port = htons(atoi(argv[3]));
    began = now();
    until = began + atof(argv[4]);
    if (!strcmp(argv[1], "connect")) {
        while (now() < until) { reset(dial(&to)); total++; }
    } else {
        int fd = dial(&to);
        while (now() < until) {
            ssize_t sent = write(fd, buffer, sizeof buffer);
            if (sent < 0) fail("write");
            total += sent;
        }
        reset(fd);
    }
    printf("%.0f\n", total / (now() - began));
    return 0;
}
