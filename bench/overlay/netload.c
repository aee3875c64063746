/*
 * netload: TCP load between two addresses.
 *   netload serve ADDRESS PORT            serves until it is ended: each connection's first byte says what
 *   netload stream ADDRESS PORT SECONDS   sends as fast as it can; prints Gb/s as received
 *   netload ask ADDRESS PORT SECONDS      one byte there, one byte back, one after the other; prints exchanges/s, p50 and p99 in us
 *   netload flood ADDRESS PORT SECONDS    64-byte UDP datagrams as fast as they go; prints how many arrived per second
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char data[1 << 17];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static struct sockaddr_in address(char **argv) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[3]))};
    if (inet_pton(AF_INET, argv[2], &a.sin_addr) != 1) {
        fprintf(stderr, "netload: no address: %s\n", argv[2]);
        exit(2);
    }
    return a;
}

static void *serve_one(void *p) {
    int s = (int)(long)p;
    static __thread char buffer[1 << 17];
    char mode;
    unsigned long long got = 0;
    ssize_t n;
    if (read(s, &mode, 1) == 1) {
        if (mode == 's') {
            while ((n = read(s, buffer, sizeof buffer)) > 0)
                got += n;
            if (write(s, &got, sizeof got) < 0)
                perror("write");
        } else {
            while ((n = read(s, buffer, 1)) > 0 && write(s, buffer, 1) == 1) {
            }
        }
    }
    close(s);
    return NULL;
}

static unsigned long long datagrams;

static void *serve_udp(void *p) {
    int s = (int)(long)p;
    static char buffer[64][2048];
    static struct mmsghdr m[64];
    static struct iovec v[64];
    for (int i = 0; i < 64; i++) {
        v[i] = (struct iovec){buffer[i], sizeof buffer[i]};
        m[i].msg_hdr = (struct msghdr){.msg_iov = &v[i], .msg_iovlen = 1};
    }
    struct sockaddr_in from;
    for (;;) {
        m[0].msg_hdr.msg_name = &from;
        m[0].msg_hdr.msg_namelen = sizeof from;
        int n = recvmmsg(s, m, 64, MSG_WAITFORONE, NULL);
        for (int i = 0; i < n; i++) {
            if (buffer[i][0] == 'q') {
                sendto(s, &datagrams, sizeof datagrams, 0, (struct sockaddr *)&from, sizeof from);
                datagrams = 0;
            } else
                datagrams++;
        }
    }
    return NULL;
}

static int serve(char **argv) {
    struct sockaddr_in a = address(argv);
    int l = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_INET, SOCK_DGRAM, 0), one = 1, size = 8 << 20;
    setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(u, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (bind(l, (struct sockaddr *)&a, sizeof a) < 0 || listen(l, 8) < 0 || bind(u, (struct sockaddr *)&a, sizeof a) < 0) {
        perror("bind");
        return 1;
    }
    pthread_t t;
    pthread_create(&t, NULL, serve_udp, (void *)(long)u);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        int s = accept(l, NULL, NULL);
        if (s < 0)
            continue;
        setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        pthread_create(&t, NULL, serve_one, (void *)(long)s);
        pthread_detach(t);
    }
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static int flood(char **argv, double seconds) {
    struct sockaddr_in a = address(argv);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct timeval limit = {2, 0};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    connect(s, (struct sockaddr *)&a, sizeof a);
    unsigned long long got;
    char quit = 'q';
    if (send(s, &quit, 1, 0) < 0 || recv(s, &got, sizeof got, 0) < 0) {
        perror("netload: no answer");
        return 1;
    }
    char packet[64] = {'d'};
    double begin = now(), end;
    while ((end = now()) < begin + seconds)
        for (int i = 0; i < 64; i++)
            if (send(s, packet, sizeof packet, 0) < 0)
                continue;
    usleep(300000);
    send(s, &quit, 1, 0);
    if (recv(s, &got, sizeof got, 0) < 0) {
        perror("netload: no answer");
        return 1;
    }
    printf("%.0f\n", got / (end - begin));
    return 0;
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    if (argc >= 4 && !strcmp(argv[1], "serve"))
        return serve(argv);
    if (argc != 5) {
        fprintf(stderr, "usage: netload serve|stream|ask|flood ADDRESS PORT [SECONDS]\n");
        return 2;
    }
    double seconds = atof(argv[4]);
    if (!strcmp(argv[1], "flood"))
        return flood(argv, seconds);
    struct sockaddr_in a = address(argv);
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(s, (struct sockaddr *)&a, sizeof a) < 0) {
        perror("connect");
        return 1;
    }
    char mode = argv[1][0];
    if (write(s, &mode, 1) != 1)
        return 1;
    double begin = now();
    if (mode == 's') {
        while (now() < begin + seconds)
            if (write(s, data, sizeof data) < 0) {
                perror("write");
                return 1;
            }
        shutdown(s, SHUT_WR);
        unsigned long long got = 0;
        if (read(s, &got, sizeof got) != sizeof got)
            return 1;
        printf("%.3f\n", got * 8 / (now() - begin) / 1e9);
        return 0;
    }
    size_t most = 4000000, count = 0;
    float *took = malloc(most * sizeof *took);
    double before = begin, after = begin;
    while (after < begin + seconds && count < most) {
        char c = 'x';
        if (write(s, &c, 1) != 1 || read(s, &c, 1) != 1)
            return 1;
        after = now();
        took[count++] = (float)((after - before) * 1e6);
        before = after;
    }
    qsort(took, count, sizeof *took, by_size);
    printf("%.0f %.0f %.0f\n", count / (after - begin), took[count / 2], took[count * 99 / 100]);
    return 0;
}
