/*
 * Runs CNI plugins as a runtime does, process by process, and prints medians side by side.
 *
 *   measure pair ROUNDS NETNS PLUGIN LABEL=DIR=CONFIG...    ADD then DEL of the plugin
 *   measure one  ROUNDS NETNS PLUGIN COMMAND LABEL=DIR=CONFIG...
 *   measure wide COUNT WIDTH NETNS-PREFIX LABEL=DIR=CONFIG... COUNT ADDs of "bridge", WIDTH at once, then their DELs
 *
 * Within a round every label has its turn, so that what disturbs the machine disturbs all. Wall time is from before fork to after
 * wait4. CPU is wait4's, with the processes that a plugin waited for and those that it left behind: this process is their reaper, and
 * a round ends when they have. The first label is what the others are compared with.
 *
 * EXPECT is the exit code to expect, 0 unless given; KIND is put behind the plugin's name in a pair's titles. With HOSTS each label's
 * processes run in a network namespace of their own, the file HOSTS with the label behind it.
 *
 * TARGET_ADD, TARGET_DEL (pair), TARGET (one, wide): "WALL CPU RSS FLOOR", each a largest ratio to the first label (FLOOR: of wall time
 * to the label "floor") or "-"; for wide the smallest ratio per second. Whether "podwire" meets them is printed and noted in SUMMARY.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LABELS = 8, MAX_ROUNDS = 10000 };

struct peer { const char *label; char dir[512]; const char *config; };
struct sample { double wall, cpu, rss; };

static struct peer peers[MAX_LABELS];
static int peer_count;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static pid_t start(const struct peer *p, const char *plugin, const char *command, const char *container, const char *netns, const char *output)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    const char *hosts = getenv("HOSTS");
    if (hosts) {
        char path[256];
        snprintf(path, sizeof path, "%s%s", hosts, p->label);
        int host = open(path, O_RDONLY | O_CLOEXEC);
        if (host < 0 || setns(host, CLONE_NEWNET) != 0)
            _exit(124);
    }
    int in = open(p->config, O_RDONLY), out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (in < 0 || out < 0)
        _exit(125);
    dup2(in, 0);
    dup2(out, 1);
    char file[1024], variables[6][600];
    snprintf(file, sizeof file, "%s/%s", p->dir, plugin);
    snprintf(variables[0], 600, "CNI_COMMAND=%s", command);
    snprintf(variables[1], 600, "CNI_CONTAINERID=%s", container);
    snprintf(variables[2], 600, "CNI_NETNS=%s", netns);
    snprintf(variables[3], 600, "CNI_IFNAME=%s", strcmp(plugin, "loopback") == 0 ? "lo" : "eth0");
    snprintf(variables[4], 600, "CNI_PATH=%s", p->dir);
    snprintf(variables[5], 600, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
    char *env[] = { variables[0], variables[1], variables[2], variables[3], variables[4], variables[5], NULL };
    char *argv[] = { file, NULL };
    execve(file, argv, env);
    _exit(126);
}

static void must(int status, const char *what, const char *label, const char *output)
{
    const char *expected = getenv("EXPECT");
    if (WIFEXITED(status) && WEXITSTATUS(status) == (expected ? atoi(expected) : 0))
        return;
    char text[2000] = "";
    FILE *f = fopen(output, "r");
    if (f) {
        size_t n = fread(text, 1, sizeof text - 1, f);
        text[n] = 0;
        fclose(f);
    }
    fprintf(stderr, "%s of %s failed with status %d: %s\n", what, label, status, text);
    exit(1);
}

static double cpu(const struct rusage *usage)
{
    return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 + (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

static struct sample run(const struct peer *p, const char *plugin, const char *command, const char *container, const char *netns)
{
    const char *output = "/dev/shm/podwire-bench-stdout";
    struct rusage usage;
    int status;
    double began = now();
    pid_t pid = start(p, plugin, command, container, netns, output);
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    struct sample s = { .wall = now() - began, .cpu = cpu(&usage), .rss = usage.ru_maxrss / 1024.0 };
    must(status, command, p->label, output);
    unlink(output);
    int left;
    while (wait4(-1, &left, 0, &usage) > 0 || errno == EINTR)
        s.cpu += cpu(&usage);
    return s;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const struct sample *samples, int count, size_t offset)
{
    static double values[MAX_ROUNDS];
    for (int i = 0; i < count; i++)
        values[i] = *(const double *)((const char *)&samples[i] + offset);
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

/* Prints and notes whether a ratio meets its target; "-" is none. */
static void judge(const char *title, const char *what, double ratio, const char *target, int at_least)
{
    if (!target || *target == 0 || strcmp(target, "-") == 0 || ratio <= 0)
        return;
    double limit = atof(target);
    int met = at_least ? ratio >= limit : ratio <= limit;
    char line[300];
    snprintf(line, sizeof line, "%-8s %-30s %-14s %.2fx, target %s %.2fx", met ? "met" : "NOT MET", title, what, ratio, at_least ? "at least" : "at most", limit);
    printf("    %s\n", line);
    const char *path = getenv("SUMMARY");
    FILE *f = path && *path ? fopen(path, "a") : NULL;
    if (f) {
        fprintf(f, "%s\n", line);
        fclose(f);
    }
}

static void table(const char *title, const char *targets, struct sample *samples[], int rounds)
{
    static const char *const columns[] = { "wall", "CPU", "RSS", "wall of floor" };
    double base[3] = { 0 }, ours[3] = { 0 }, floor_wall = 0;
    printf("%s, medians of %d\n  %-14s %9s %9s %9s   %6s %6s %6s\n", title, rounds, "", "wall ms", "CPU ms", "RSS MB", "wall", "CPU", "RSS");
    for (int i = 0; i < peer_count; i++) {
        double m[3] = {
            median(samples[i], rounds, offsetof(struct sample, wall)),
            median(samples[i], rounds, offsetof(struct sample, cpu)),
            median(samples[i], rounds, offsetof(struct sample, rss)),
        };
        if (i == 0)
            memcpy(base, m, sizeof base);
        if (strcmp(peers[i].label, "podwire") == 0)
            memcpy(ours, m, sizeof ours);
        if (strcmp(peers[i].label, "floor") == 0)
            floor_wall = m[0];
        printf("  %-14s %9.2f %9.2f %9.2f", peers[i].label, m[0], m[1], m[2]);
        if (i > 0)
            printf("   %5.2fx %5.2fx %5.2fx", m[0] / base[0], m[1] / base[1], m[2] / base[2]);
        printf("\n");
    }
    char copy[200] = "", *rest = copy;
    if (targets)
        snprintf(copy, sizeof copy, "%s", targets);
    for (int i = 0; i < 4; i++)
        judge(title, columns[i], i < 3 ? ours[i] / base[i] : floor_wall > 0 ? ours[0] / floor_wall : 0, strsep(&rest, " "), 0);
}

static struct sample *samples_of(int rounds)
{
    struct sample *s = calloc(rounds, sizeof *s);
    if (!s)
        abort();
    return s;
}

static void pair(int rounds, const char *netns, const char *plugin)
{
    struct sample *add[MAX_LABELS], *del[MAX_LABELS];
    for (int i = 0; i < peer_count; i++) {
        add[i] = samples_of(rounds);
        del[i] = samples_of(rounds);
        run(&peers[i], plugin, "ADD", "warm", netns);
        run(&peers[i], plugin, "DEL", "warm", netns);
    }
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < peer_count; i++) {
            char container[32];
            snprintf(container, sizeof container, "c%d", r);
            add[i][r] = run(&peers[i], plugin, "ADD", container, netns);
            del[i][r] = run(&peers[i], plugin, "DEL", container, netns);
        }
    char title[128];
    const char *kind = getenv("KIND");
    snprintf(title, sizeof title, "%s%s ADD", plugin, kind ? kind : "");
    table(title, getenv("TARGET_ADD"), add, rounds);
    snprintf(title, sizeof title, "%s%s DEL", plugin, kind ? kind : "");
    table(title, getenv("TARGET_DEL"), del, rounds);
}

static void one(int rounds, const char *netns, const char *plugin, const char *command)
{
    struct sample *samples[MAX_LABELS];
    char title[128];
    for (int i = 0; i < peer_count; i++) {
        samples[i] = samples_of(rounds);
        run(&peers[i], plugin, command, "warm", netns);
    }
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < peer_count; i++) {
            char container[32];
            snprintf(container, sizeof container, "c%d", r);
            samples[i][r] = run(&peers[i], plugin, command, container, netns);
        }
    snprintf(title, sizeof title, "%s %s", plugin, command);
    table(title, getenv("TARGET"), samples, rounds);
}

static double all(const struct peer *p, const char *command, int count, int width, const char *prefix)
{
    static pid_t pids[MAX_ROUNDS];
    double began = now();
    for (int started = 0, ended = 0; ended < count;) {
        if (started < count && started - ended < width) {
            char container[32], netns[256], output[64];
            snprintf(container, sizeof container, "w%d", started);
            snprintf(netns, sizeof netns, "%s%d", prefix, started);
            snprintf(output, sizeof output, "/dev/null");
            pids[started++] = start(p, "bridge", command, container, netns, output);
            continue;
        }
        int status;
        pid_t pid = wait(&status);
        for (int i = 0; i < started; i++)
            if (pids[i] == pid) {
                must(status, command, p->label, "/dev/null");
                ended++;
            }
    }
    return count * 1e3 / (now() - began);
}

static void wide(int count, int width, const char *prefix)
{
    double add_base = 0, del_base = 0;
    printf("bridge, %d containers, %d at once, per second\n  %-14s %9s %9s\n", count, width, "", "ADD", "DEL");
    for (int i = 0; i < peer_count; i++) {
        double add = all(&peers[i], "ADD", count, width, prefix), del = all(&peers[i], "DEL", count, width, prefix);
        printf("  %-14s %9.0f %9.0f", peers[i].label, add, del);
        if (i == 0) {
            add_base = add;
            del_base = del;
        } else {
            printf("   %5.2fx %5.2fx", add / add_base, del / del_base);
        }
        printf("\n");
        if (i > 0 && strcmp(peers[i].label, "podwire") == 0)
            judge("bridge ADD, 32 at once", "per second", add / add_base, getenv("TARGET"), 1);
        fflush(stdout);
        sleep(1);
    }
}

static void read_peers(char **argv, int argc)
{
    for (int i = 0; i < argc && i < MAX_LABELS; i++) {
        char *dir = strchr(argv[i], '='), *config = dir ? strchr(dir + 1, '=') : NULL;
        if (!config) {
            fprintf(stderr, "not LABEL=DIR=CONFIG: %s\n", argv[i]);
            exit(2);
        }
        *dir = *config = 0;
        peers[peer_count].label = argv[i];
        snprintf(peers[peer_count].dir, sizeof peers[peer_count].dir, "%s", dir + 1);
        peers[peer_count++].config = config + 1;
    }
}

int main(int argc, char **argv)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (argc >= 6 && strcmp(argv[1], "pair") == 0) {
        read_peers(argv + 5, argc - 5);
        pair(atoi(argv[2]), argv[3], argv[4]);
    } else if (argc >= 7 && strcmp(argv[1], "one") == 0) {
        read_peers(argv + 6, argc - 6);
        one(atoi(argv[2]), argv[3], argv[4], argv[5]);
    } else if (argc >= 6 && strcmp(argv[1], "wide") == 0) {
        read_peers(argv + 5, argc - 5);
        wide(atoi(argv[2]), atoi(argv[3]), argv[4]);
    } else {
        fprintf(stderr, "usage: measure pair|one|wide ...\n");
        return 2;
    }
    return 0;
}
