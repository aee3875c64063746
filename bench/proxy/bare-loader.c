// bare-loader FILE: sends prepared netlink datagrams (length in host order, bytes; repeated) to nfnetlink, as fast as one can.
// The floor under any loader of the same objects: nothing is parsed, compiled or compared. Exit status 1 if the kernel refuses one.
// The kernel works on a datagram, which is one transaction, while it is being sent: the longest send is the longest that its lock was held.
#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    int socket_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    int size = 64 << 20;
    char *bytes = malloc(size);
    uint32_t length, number = 1;
    int count = 0;
    double longest = 0;

    if (!file || socket_fd < 0 || !bytes) { perror("bare-loader"); return 1; }
    setsockopt(socket_fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    while (fread(&length, sizeof length, 1, file) == 1) {
        char answer[8192];
        struct timespec begin, end;
        double took;
        ssize_t got;

        if (length > (uint32_t)size || fread(bytes, 1, length, file) != length) { fputs("bare-loader: short file\n", stderr); return 1; }
        for (uint32_t at = 0; at < length;) {
            struct nlmsghdr *message = (struct nlmsghdr *)(bytes + at);
            message->nlmsg_seq = number++;
            at += NLMSG_ALIGN(message->nlmsg_len);
        }
        clock_gettime(CLOCK_MONOTONIC, &begin);
        if (send(socket_fd, bytes, length, 0) < 0) { perror("send"); return 1; }
        clock_gettime(CLOCK_MONOTONIC, &end);
        took = (end.tv_sec - begin.tv_sec) * 1e3 + (end.tv_nsec - begin.tv_nsec) / 1e6;
        longest = took > longest ? took : longest;
        count++;
        while ((got = recv(socket_fd, answer, sizeof answer, MSG_DONTWAIT)) > 0) {
            struct nlmsghdr *message = (struct nlmsghdr *)answer;
            struct nlmsgerr *error = NLMSG_DATA(message);
            if (message->nlmsg_type == NLMSG_ERROR && error->error) { fprintf(stderr, "bare-loader: %s\n", strerror(-error->error)); return 1; }
        }
    }
    printf("%d transactions, as the proxy sends them: the longest took the kernel %.0f ms\n", count, longest);
    return 0;
}
