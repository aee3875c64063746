/*
 * The plugins' start, a third of what it would be: stands between the .NET runtime and the C library while a plugin's process
 * begins (the linker's --wrap; Podwire.CniExecutable.csproj names the functions). A runtime prepares for hours of work on a
 * machine that it has to look at first; a plugin makes a few dozen system calls and ends with _exit. docs/cni.md has what each
 * of these saves.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

/* Limits of control groups, free memory, sizes of caches: the heap's limit and first step are given at build time. */
void *__real_fopen64(const char *path, const char *mode);
void *__wrap_fopen64(const char *path, const char *mode)
{
    if (begins(path, "/proc/") || begins(path, "/sys/")) {
        errno = ENOENT;
        return NULL;
    }
    return __real_fopen64(path, mode);
}

int __real_statfs64(const char *path, void *result);
int __wrap_statfs64(const char *path, void *result)
{
    if (begins(path, "/sys/fs/cgroup")) {
        errno = ENOENT;
        return -1;
    }
    return __real_statfs64(path, result);
}

/* Memory nodes: a heap of a few hundred kilobytes has one. */
void *__real_opendir(const char *path);
void *__wrap_opendir(const char *path)
{
    if (begins(path, "/sys/devices/system/node")) {
        errno = ENOENT;
        return NULL;
    }
    return __real_opendir(path);
}

/* The collector asks for each of its 150 settings in the environment; a plugin's are fixed. */
char *__real_getenv(const char *name);
char *__wrap_getenv(const char *name) { return begins(name, "DOTNET_") ? NULL : __real_getenv(name); }

/* CPUID costs microseconds each under a hypervisor. What the code was compiled for is there, and nothing more is asked for. */
extern const int g_requiredCpuFeatures;
int __wrap_minipal_getcpufeatures(void) { return g_requiredCpuFeatures; }

/* Nothing that a plugin leaves to the collector needs finalizing: the process's end closes it. */
bool __wrap_PalStartFinalizerThread(unsigned (*run)(void *), void *context)
{
    (void)run;
    (void)context;
    return true;
}

/* The first thread's stack: the kernel says where it begins; finding its other end by trying each page takes dozens of calls. */
int __real_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
int __wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    const size_t page = 4096, most = 8 << 20;
    size_t top = getauxval(AT_EXECFN), size = most;
    struct rlimit limit;
    if (top == 0 || !pthread_equal(thread, pthread_self()) || syscall(SYS_gettid) != getpid())
        return __real_pthread_getattr_np(thread, attributes);
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < most)
        size = limit.rlim_cur & ~(page - 1);
    top = (top + 2 * page) & ~(page - 1);
    pthread_attr_init(attributes);
    return pthread_attr_setstack(attributes, (void *)(top - size), size);
}

#ifndef __GLIBC__
/* Newer than this C library. */
struct statx;
int statx(int folder, const char *path, int flags, unsigned mask, struct statx *result)
{
    return syscall(SYS_statx, folder, path, flags, mask, result);
}

int close_range(unsigned first, unsigned last, int flags) { return syscall(SYS_close_range, first, last, flags); }
#endif
