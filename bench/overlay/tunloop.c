/*
 * tunloop: the straightforward way to carry a TUN device over UDP, as the peer of the back end udp: one poll loop, one read and one write per packet.
 * tunloop DEVICE LOCAL-ADDRESS PORT SUBNET/LENGTH NODE-ADDRESS
 * The device is there already, with its address and routes; so it is tunnelled exactly as ours is. Takes one off the time to live on either side.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int decrement(struct iphdr *ip) {
    if (ip->ttl <= 1)
        return 0;
    ip->ttl--;
    unsigned sum = ntohs(ip->check) + 0x100;
    ip->check = htons((unsigned short)(sum + (sum >> 16)));
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: tunloop DEVICE LOCAL PORT SUBNET/LENGTH NODE\n");
        return 2;
    }
    int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    struct ifreq request = {0};
    strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0) {
        perror("tun");
        return 1;
    }
    int udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[3]))}, node = local;
    inet_pton(AF_INET, argv[2], &local.sin_addr);
    inet_pton(AF_INET, argv[5], &node.sin_addr);
    int buffer = 8 << 20;
    setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    setsockopt(udp, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    if (bind(udp, (struct sockaddr *)&local, sizeof local) < 0) {
        perror("bind");
        return 1;
    }
    char *slash = strchr(argv[4], '/');
    *slash = 0;
    struct in_addr subnet;
    inet_pton(AF_INET, argv[4], &subnet);
    unsigned mask = htonl(~0u << (32 - atoi(slash + 1)));
    static char packet[65536];
    struct iphdr *ip = (struct iphdr *)packet;
    struct pollfd wait[2] = {{.fd = tun, .events = POLLIN}, {.fd = udp, .events = POLLIN}};
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        int any = 0;
        ssize_t length = read(tun, packet, sizeof packet);
        if (length >= (ssize_t)sizeof *ip) {
            any = 1;
            if (ip->version == 4 && (ip->daddr & mask) == subnet.s_addr && decrement(ip))
                sendto(udp, packet, length, 0, (struct sockaddr *)&node, sizeof node);
        }
        length = recv(udp, packet, sizeof packet, 0);
        if (length >= (ssize_t)sizeof *ip) {
            any = 1;
            if (ip->version == 4 && decrement(ip) && write(tun, packet, length) < 0)
                continue;
        }
        if (!any)
            poll(wait, 2, -1);
    }
}
