/*
 * The floor: bridge with host-local in C, with the kernel calls of out/cni/bridge and hardly anything else. It takes the configuration
 * that run.sh writes, believes it, and undoes nothing. What it needs is what the kernel and a process's start cost.
 *
 * ADD: bridge looked at (made the first time, with the first address of the /16), the next address leased under the lock, gateway and
 * forwarding looked at, one RTM_NEWLINK for the pair, the alias, then in the container's namespace: arp_notify, address, up, route.
 * DEL: RTM_DELLINK from a child that this process does not wait for, the lease.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char buffer[1024], answer[32768];
static struct nlmsghdr *message;
static unsigned sequence;

static void fail(const char *what)
{
    printf("{\"cniVersion\":\"1.0.0\",\"code\":100,\"msg\":\"%s: %m\"}", what);
    exit(1);
}

static void *begin(int type, int flags, size_t header)
{
    message = (struct nlmsghdr *)buffer;
    memset(message, 0, NLMSG_SPACE(header));
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    message->nlmsg_len = NLMSG_SPACE(header);
    message->nlmsg_seq = ++sequence;
    return NLMSG_DATA(message);
}

static struct rtattr *put(int type, const void *data, size_t length)
{
    struct rtattr *a = (struct rtattr *)((char *)message + message->nlmsg_len);
    a->rta_type = type;
    a->rta_len = RTA_LENGTH(length);
    memcpy(RTA_DATA(a), data, length);
    message->nlmsg_len += RTA_ALIGN(a->rta_len);
    return a;
}

static void end(struct rtattr *nest) { nest->rta_len = (char *)message + message->nlmsg_len - (char *)nest; }

static int open_socket(void)
{
    struct sockaddr_nl own = { .nl_family = AF_NETLINK };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) < 0)
        fail("socket");
    return fd;
}

/* Sends, and reads one answer; an error's errno is returned negative. */
static int ask(int fd, size_t length)
{
    if (send(fd, buffer, length, 0) < 0)
        fail("send");
    int n = recv(fd, answer, sizeof answer, 0);
    struct nlmsghdr *h = (struct nlmsghdr *)answer;
    return n > 0 && h->nlmsg_type == NLMSG_ERROR ? *(int *)NLMSG_DATA(h) : 0;
}

static int link_index(int fd, const char *name)
{
    begin(RTM_GETLINK, 0, sizeof(struct ifinfomsg));
    put(IFLA_IFNAME, name, strlen(name) + 1);
    return ask(fd, message->nlmsg_len) == 0 ? ((struct ifinfomsg *)NLMSG_DATA((struct nlmsghdr *)answer))->ifi_index : 0;
}

static void text_of(const char *json, const char *key, char *value, size_t size)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", key);
    const char *at = strstr(json, quoted);
    if (!at)
        fail(key);
    at += strlen(quoted);
    snprintf(value, size, "%.*s", (int)strcspn(at, "\""), at);
}

static void write_file(const char *path, const char *text, int flags)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        fail(path);
    close(fd);
}

static int read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    int n = read(fd, text, size - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    return n;
}

static void add_address(int fd, int index, uint32_t address)
{
    struct ifaddrmsg *a = begin(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, sizeof *a);
    *a = (struct ifaddrmsg){ .ifa_family = AF_INET, .ifa_prefixlen = 16, .ifa_index = index };
    put(IFA_LOCAL, &address, 4);
    put(IFA_ADDRESS, &address, 4);
    if (ask(fd, message->nlmsg_len) < 0)
        fail("address");
}

static int make_bridge(int fd, const char *name, uint32_t gateway)
{
    begin(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
    put(IFLA_IFNAME, name, strlen(name) + 1);
    struct rtattr *info = put(IFLA_LINKINFO, "", 0);
    put(IFLA_INFO_KIND, "bridge", 6);
    end(info);
    ask(fd, message->nlmsg_len);
    int index = link_index(fd, name);
    struct ifinfomsg *up = begin(RTM_NEWLINK, NLM_F_ACK, sizeof *up);
    *up = (struct ifinfomsg){ .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
    ask(fd, message->nlmsg_len);
    add_address(fd, index, gateway);
    write_file("/proc/sys/net/ipv4/ip_forward", "1", 0);
    return index;
}

int main(void)
{
    char config[4096], name[16], host[16], folder[600], path[800], aside[800], text[300], data[500], subnet[32], network[64];
    int n = read(0, config, sizeof config - 1);
    config[n > 0 ? n : 0] = 0;
    const char *command = getenv("CNI_COMMAND"), *container = getenv("CNI_CONTAINERID"), *netns = getenv("CNI_NETNS"), *ifname = getenv("CNI_IFNAME");
    if (strcmp(command, "VERSION") == 0)
        return puts("{\"cniVersion\":\"1.0.0\",\"supportedVersions\":[\"1.0.0\"]}") < 0;
    text_of(config, "bridge", name, sizeof name);
    text_of(config, "name", network, sizeof network);
    text_of(config, "dataDir", data, sizeof data);
    text_of(config, "subnet", subnet, sizeof subnet);
    uint32_t net = ntohl(inet_addr(strtok(subnet, "/"))), hash = 5381;
    for (const char *c = container; *c; c++)
        hash = hash * 33 + (unsigned char)*c;
    snprintf(host, sizeof host, "vethf%08x", hash);
    snprintf(folder, sizeof folder, "%s/%s", data, network);
    int fd = open_socket(), space = open(netns, O_RDONLY | O_CLOEXEC);

    if (strcmp(command, "DEL") == 0) {
        int index = link_index(fd, host);
        struct ifinfomsg *gone = begin(RTM_DELLINK, 0, sizeof *gone);
        gone->ifi_index = index;
        if (index > 0 && fork() == 0) {
            close(0), close(1), close(2), close(space);
            send(fd, buffer, message->nlmsg_len, 0);
            _exit(0);
        }
        struct ifreq request = { 0 };
        strcpy(request.ifr_name, host);
        for (long pause = 50000; index > 0 && ioctl(fd, SIOCGIFINDEX, &request) == 0; pause = pause < 1000000 ? pause * 2 : pause)
            nanosleep(&(struct timespec){ .tv_nsec = pause }, NULL);
        snprintf(path, sizeof path, "%s/lock", folder);
        int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        flock(lock, LOCK_EX);
        snprintf(path, sizeof path, "%s/.%s", folder, container);
        if (read_file(path, text, sizeof text) > 0) {
            snprintf(aside, sizeof aside, "%s/%s", folder, text);
            unlink(aside);
            unlink(path);
        }
        _exit(0);
    }

    int bridge = link_index(fd, name);
    if (bridge == 0)
        bridge = make_bridge(fd, name, htonl(net + 1));

    snprintf(path, sizeof path, "%s/lock", folder);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        mkdir(data, 0755);
        mkdir(folder, 0755);
        lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    }
    flock(lock, LOCK_EX);
    char last[800];
    snprintf(last, sizeof last, "%s/last_reserved_ip.0", folder);
    uint32_t lease = read_file(last, text, sizeof text) > 0 ? ntohl(inet_addr(text)) : net + 1;
    struct stat there;
    struct in_addr in;
    do {
        lease = lease + 1 >= net + 65535 ? net + 2 : lease + 1;
        in.s_addr = htonl(lease);
        snprintf(path, sizeof path, "%s/%s", folder, inet_ntoa(in));
    } while (stat(path, &there) == 0);
    snprintf(text, sizeof text, "%s\r\n%s", container, ifname);
    snprintf(aside, sizeof aside, "%s/.lease", folder);
    write_file(aside, text, O_EXCL);
    if (link(aside, path) != 0)
        fail("link");
    unlink(aside);
    snprintf(aside, sizeof aside, "%s/.%s", folder, container);
    write_file(aside, inet_ntoa(in), O_TRUNC);
    write_file(last, inet_ntoa(in), O_TRUNC);
    close(lock);

    struct ifaddrmsg *list = begin(RTM_GETADDR, NLM_F_DUMP, sizeof *list);
    list->ifa_family = AF_INET;
    ask(fd, message->nlmsg_len);
    recv(fd, answer, sizeof answer, 0);
    read_file("/proc/sys/net/ipv4/ip_forward", text, sizeof text);

    struct ifinfomsg *link = begin(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof *link);
    link->ifi_flags = link->ifi_change = IFF_UP;
    put(IFLA_IFNAME, host, strlen(host) + 1);
    put(IFLA_MASTER, &bridge, 4);
    struct rtattr *info = put(IFLA_LINKINFO, "", 0);
    put(IFLA_INFO_KIND, "veth", 4);
    struct rtattr *kind = put(IFLA_INFO_DATA, "", 0);
    struct ifinfomsg peer_header = { 0 };
    struct rtattr *peer = put(VETH_INFO_PEER, &peer_header, sizeof peer_header);
    put(IFLA_IFNAME, ifname, strlen(ifname) + 1);
    put(IFLA_NET_NS_FD, &space, 4);
    end(peer), end(kind), end(info);
    if (ask(fd, message->nlmsg_len) != 0)
        fail("pair");
    link = begin(RTM_NEWLINK, NLM_F_ACK, sizeof *link);
    put(IFLA_IFNAME, host, strlen(host) + 1);
    put(IFLA_IFALIAS, container, strlen(container) + 1);
    ask(fd, message->nlmsg_len);

    int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (setns(space, CLONE_NEWNET) != 0)
        fail("setns");
    int inside = open_socket(), index = link_index(inside, ifname);
    snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/arp_notify", ifname);
    write_file(path, "1", 0);
    add_address(inside, index, htonl(lease));
    link = begin(RTM_NEWLINK, NLM_F_ACK, sizeof *link);
    *link = (struct ifinfomsg){ .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
    ask(inside, message->nlmsg_len);
    struct rtmsg *route = begin(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof *route);
    *route = (struct rtmsg){ .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC, .rtm_type = RTN_UNICAST };
    uint32_t gateway = htonl(net + 1);
    put(RTA_GATEWAY, &gateway, 4);
    put(RTA_OIF, &index, 4);
    if (ask(inside, message->nlmsg_len) != 0)
        fail("route");
    setns(own, CLONE_NEWNET);
    link_index(fd, host);
    n = snprintf(buffer, sizeof buffer, "{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"%s\"},{\"name\":\"%s\"},{\"name\":\"%s\",\"sandbox\":\"%s\"}],\"ips\":[{\"interface\":2,\"address\":\"%s/16\"}],\"dns\":{}}",
                 name, host, ifname, netns, inet_ntoa(in));
    return write(1, buffer, n) == n ? 0 : 1;
}
