using System.Globalization;
using System.Runtime.InteropServices;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;

namespace Podwire.Kubelet.Nodes;

/// <summary>What the machine is and has: for the node's labels, capacity and nodeInfo.</summary>
internal sealed record NodeFacts
{
    /// <summary>The API version this kubelet speaks, marked as ours.</summary>
    public const string KubeletVersion = "v1.32.0+podwire";

    /// <summary>The built-in runtime.</summary>
    public const string RuntimeVersion = "podwire://0.1.0";

    /// <summary>GOARCH's name of the processor.</summary>
    public static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>cpu, memory, pods.</summary>
    public required IReadOnlyDictionary<string, Quantity> Capacity { get; init; }

    /// <summary>nodeInfo.</summary>
    public required NodeSystemInfo Info { get; init; }

    /// <summary>Reads them from /proc, /sys and /etc.</summary>
    public static NodeFacts Read(int maxPods) => new()
    {
        Capacity = new Dictionary<string, Quantity>
        {
            ["cpu"] = Quantity.FromValue(Environment.ProcessorCount),
            ["memory"] = Quantity.Parse(Memory(Text("/proc/meminfo"))),
            ["pods"] = Quantity.FromValue(maxPods),
        },
        Info = new()
        {
            MachineID = Text("/etc/machine-id"),
            SystemUUID = Text("/sys/class/dmi/id/product_uuid") is { Length: > 0 } uuid ? uuid : Text("/etc/machine-id"),
            BootID = PodStore.BootId,
            KernelVersion = Text("/proc/sys/kernel/osrelease"),
            OsImage = Name(Text("/etc/os-release")),
            OperatingSystem = "linux",
            Architecture = Architecture,
            ContainerRuntimeVersion = RuntimeVersion,
            KubeletVersion = KubeletVersion,
            KubeProxyVersion = "",
        },
    };

    internal static string Memory(string meminfo)
    {
        foreach (var line in meminfo.Split('\n'))
        {
            if (line.StartsWith("MemTotal:", StringComparison.Ordinal))
            {
                var kib = line["MemTotal:".Length..].Trim().Split(' ')[0];
                return long.Parse(kib, CultureInfo.InvariantCulture) + "Ki";
            }
        }

        return "0";
    }

    internal static string Name(string osRelease)
    {
        foreach (var line in osRelease.Split('\n'))
        {
            if (line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))
            {
                return line["PRETTY_NAME=".Length..].Trim('"');
            }
        }

        return "Linux";
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
