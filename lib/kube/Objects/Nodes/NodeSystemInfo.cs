namespace Podwire.Kube.Objects;

/// <summary>What runs on a node.</summary>
public sealed class NodeSystemInfo : KubeValue
{
    /// <summary>From /etc/machine-id.</summary>
    public string MachineID { get; set; } = "";

    /// <summary>From the firmware.</summary>
    public string SystemUUID { get; set; } = "";

    /// <summary>From /proc/sys/kernel/random/boot_id.</summary>
    public string BootID { get; set; } = "";

    /// <summary>Like uname -r.</summary>
    public string KernelVersion { get; set; } = "";

    /// <summary>From /etc/os-release.</summary>
    public string OsImage { get; set; } = "";

    /// <summary>Runtime and version, <c>NAME://VERSION</c>.</summary>
    public string ContainerRuntimeVersion { get; set; } = "";

    /// <summary>The kubelet's version.</summary>
    public string KubeletVersion { get; set; } = "";

    /// <summary>The proxy's version; deprecated.</summary>
    public string KubeProxyVersion { get; set; } = "";

    /// <summary><c>linux</c>.</summary>
    public string OperatingSystem { get; set; } = "";

    /// <summary>Such as <c>amd64</c>.</summary>
    public string Architecture { get; set; } = "";
}
