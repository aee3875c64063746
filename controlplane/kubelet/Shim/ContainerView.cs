using Podwire.Kubelet.Interop;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.Kubelet.Shim;

/// <summary>
/// Puts the calling thread into a container's view of the machine: its network namespace, own mounts and host name. A thread
/// that was here must end afterwards (it never goes back to a pool).
/// </summary>
internal static class ContainerView
{
    /// <summary>Enters what <paramref name="config"/> describes, as one who makes it.</summary>
    /// <exception cref="ContainerStartException">A step failed.</exception>
    public static void Enter(ShimConfig config)
    {
        if (config.NetworkNamespace is { } netns)
        {
            Join(netns, Libc.CLONE_NEWNET);
        }

        Step("unshare", Libc.unshare(Libc.CLONE_NEWNS | (config.Hostname is null ? 0 : Libc.CLONE_NEWUTS)));

        // The node's later mounts reach the container, the container's never the node.
        Step("mount --make-rslave /", Libc.mount("none", "/", null, Libc.MS_REC | Libc.MS_SLAVE, null));
        if (config.NetworkNamespace is not null)
        {
            MountSysfs();
        }

        foreach (var mount in config.Mounts)
        {
            Bind(mount);
        }

        if (config.Hostname is { } name)
        {
            Step($"sethostname {name}", Libc.sethostname(name, (nuint)System.Text.Encoding.UTF8.GetByteCount(name)));
        }
    }

    private static void Join(string path, int type)
    {
        var descriptor = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        Step($"open {path}", descriptor);
        try
        {
            Step($"setns {path}", Libc.setns(descriptor, type));
        }
        finally
        {
            _ = Libc.close(descriptor);
        }
    }

    /// <summary>/sys/class/net shows the network namespace that sysfs was mounted from; what is mounted below /sys comes along.</summary>
    private static void MountSysfs()
    {
        var cgroup = Libc.open("/sys/fs/cgroup", Libc.O_PATH | Libc.O_CLOEXEC, 0);
        try
        {
            if (Libc.mount("sysfs", "/sys", "sysfs", 0, null) < 0)
            {
                // A machine without /sys, or one that may not mount it: the container sees the node's.
                return;
            }

            if (cgroup >= 0)
            {
                _ = Libc.mount($"/proc/self/fd/{cgroup}", "/sys/fs/cgroup", null, Libc.MS_BIND | Libc.MS_REC, null);
            }
        }
        finally
        {
            if (cgroup >= 0)
            {
                _ = Libc.close(cgroup);
            }
        }
    }

    private static void Bind(ShimMount mount)
    {
        if (Libc.mount(mount.Source, mount.Target, null, Libc.MS_BIND | Libc.MS_REC, null) < 0)
        {
            if (mount.Optional && Libc.LastIs(Errno.ENOENT))
            {
                return;
            }

            var reason = Libc.LastIs(Errno.ENOENT) && !Path.Exists(mount.Target)
                ? $"{mount.Target} does not exist on the machine's own root file system, which image host is"
                : Libc.Failure("mount").Message;
            throw new ContainerStartException($"cannot mount {mount.Source} at {mount.Target}: {reason}");
        }

        if (mount.ReadOnly)
        {
            Step($"remount {mount.Target} read-only", Libc.mount(null, mount.Target, null, Libc.MS_BIND | Libc.MS_REMOUNT | Libc.MS_RDONLY, null));
        }
    }

    private static void Step(string what, int result)
    {
        if (result < 0)
        {
            throw new ContainerStartException($"{what}: {Libc.Failure(what).Errno.Describe()}");
        }
    }
}
