using System.Runtime.ExceptionServices;
using Podwire.Cluster.Interop;
using Podwire.Netlink.Namespaces;

namespace Podwire.Cluster.Nodes;

/// <summary>
/// Makes a node: network, mount, UTS and PID namespaces held by one first process, with a /run, /etc and /var/lib of its own.
/// Nothing is left on the machine when that process ends: the kernel takes the namespaces, mounts, links and processes along.
/// </summary>
internal static class NodeNamespaces
{
    /// <summary>
    /// Makes the namespaces on a thread of its own, lets <paramref name="configure"/> work inside the network namespace, and
    /// starts the first process.
    /// </summary>
    /// <param name="hostName">The node's host name.</param>
    /// <param name="command">The first process.</param>
    /// <param name="log">Where its output goes.</param>
    /// <param name="listener">A listening descriptor that it gets as descriptor 3, or -1.</param>
    /// <param name="configure">Runs in the new network and mount namespaces, before the process is started.</param>
    /// <returns>The first process's pid.</returns>
    public static int Create(string hostName, IReadOnlyList<string> command, string log, int listener, Action configure) => OnThread(() =>
    {
        Libc.Unshare(Libc.CLONE_NEWNS | Libc.CLONE_NEWNET | Libc.CLONE_NEWUTS);
        Libc.SetHostName(hostName);
        // Without this the mounts below would appear on the machine, where / is shared.
        Libc.Mount("none", "/", null, Libc.MS_REC | Libc.MS_PRIVATE, null);
        MountPrivateFiles();
        configure();

        using var actions = new SpawnFileActions().ToLog(log);
        if (listener >= 0)
        {
            actions.Pass(listener, 3);
        }

        Libc.Unshare(Libc.CLONE_NEWPID);
        return ChildProcess.Start(command, ChildProcess.CurrentEnvironment(), actions, newSession: true);
    });

    /// <summary>Runs <paramref name="work"/> among a node's files and in its network; it must not start a process.</summary>
    public static T InNode<T>(NodeState node, Func<T> work)
    {
        using var namespaces = ProcessNamespaces.Open(node.Pid, NamespaceKinds.Mount | NamespaceKinds.Network);
        return namespaces.Run(work);
    }

    /// <summary>Runs a command in all of a node's namespaces and waits for it.</summary>
    /// <returns>Its exit code.</returns>
    public static int RunInNode(NodeState node, IReadOnlyList<string> command)
    {
        using var namespaces = ProcessNamespaces.Open(node.Pid, NamespaceKinds.Mount | NamespaceKinds.Network | NamespaceKinds.Uts | NamespaceKinds.Pid);
        return namespaces.Run(() => RunHere(command));
    }

    /// <summary>Runs a command in a container's mount, network and UTS namespaces, as a process of its node, and waits for it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="processId">A process of the container, as the node sees it.</param>
    /// <param name="command">Program and arguments.</param>
    /// <returns>Its exit code.</returns>
    public static int RunInContainer(NodeState node, int processId, IReadOnlyList<string> command)
    {
        // The node's /proc knows the container's pid; the handles opened there hold wherever they are used.
        using var container = InNode(node, () => ProcessNamespaces.Open(processId, NamespaceKinds.Mount | NamespaceKinds.Network | NamespaceKinds.Uts));
        using var pids = ProcessNamespaces.Open(node.Pid, NamespaceKinds.Pid);
        return container.Run(() => pids.Run(() => RunHere(command)));
    }

    /// <summary>Runs <paramref name="work"/> in a container's network, without starting a process.</summary>
    /// <param name="node">The node.</param>
    /// <param name="processId">A process of the container, as the node sees it.</param>
    /// <param name="work">Synchronous work.</param>
    public static T InContainer<T>(NodeState node, int processId, Func<T> work)
    {
        using var container = InNode(node, () => ProcessNamespaces.Open(processId, NamespaceKinds.Network));
        return container.Run(work);
    }

    private static int RunHere(IReadOnlyList<string> command)
    {
        using var actions = new SpawnFileActions();
        return ChildProcess.Wait(ChildProcess.Start(command, ChildProcess.CurrentEnvironment(), actions, newSession: false));
    }

    /// <summary>The thread ends after the work and takes its namespaces with it: it never goes back to a pool.</summary>
    private static T OnThread<T>(Func<T> work)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        { Name = "namespaces" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    private static void MountPrivateFiles()
    {
        Libc.Mount("none", "/run", "tmpfs", Libc.MS_NOSUID | Libc.MS_NODEV, "mode=755");
        Directory.CreateDirectory("/run/netns");
        Directory.CreateDirectory("/run/lock");
        // iptables, the CNI directories and the kubelet's state belong to the node: what is written there stays in its memory.
        foreach (var directory in (string[])["/etc", "/var/lib"])
        {
            var layer = "/run/podwire/layers" + directory.Replace('/', '-');
            Directory.CreateDirectory(layer + "/upper");
            Directory.CreateDirectory(layer + "/work");
            Libc.Mount("overlay", directory, "overlay", 0, $"lowerdir={directory},upperdir={layer}/upper,workdir={layer}/work");
        }

        foreach (var directory in (string[])["/etc/cni/net.d", "/var/lib/cni", "/var/lib/kubelet"])
        {
            Directory.CreateDirectory(directory);
        }

        MountSys();
    }

    /// <summary>
    /// /sys shows the network namespace that it was mounted from, so the node needs its own; the control groups below it are
    /// carried over, because a new sysfs has none.
    /// </summary>
    private static void MountSys()
    {
        const string Cgroups = "/sys/fs/cgroup";
        const string Kept = "/run/podwire/cgroup";
        Directory.CreateDirectory(Kept);
        Libc.Mount(Cgroups, Kept, null, Libc.MS_BIND | Libc.MS_REC, null);
        Libc.Mount("none", "/sys", "sysfs", Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOEXEC, null);
        Libc.Mount(Kept, Cgroups, null, Libc.MS_MOVE, null);
    }
}
