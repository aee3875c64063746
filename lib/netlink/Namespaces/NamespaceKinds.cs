namespace Podwire.Netlink.Namespaces;

/// <summary>Kinds of kernel namespace; the values are the CLONE_NEW* flags of linux/sched.h.</summary>
[Flags]
public enum NamespaceKinds
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>CLONE_NEWNS: mounts.</summary>
    Mount = 0x20000,

    /// <summary>CLONE_NEWUTS: host name.</summary>
    Uts = 0x4000000,

    /// <summary>CLONE_NEWIPC: System V IPC and message queues.</summary>
    Ipc = 0x8000000,

    /// <summary>CLONE_NEWPID: process ids, of the children to be.</summary>
    Pid = 0x20000000,

    /// <summary>CLONE_NEWNET: network.</summary>
    Network = 0x40000000,
}
