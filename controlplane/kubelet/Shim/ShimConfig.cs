namespace Podwire.Kubelet.Shim;

/// <summary>What one shim is to run: DIR/config.json, written by the kubelet before it starts the shim.</summary>
internal sealed record ShimConfig
{
    /// <summary>The program and its arguments, every reference expanded.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The whole environment, NAME=VALUE.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Where the program starts.</summary>
    public string WorkingDirectory { get => field ?? "/"; init; }

    /// <summary>The network namespace to join; null for the node's own.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>The host name of the container's own UTS namespace; null leaves it the node's.</summary>
    public string? Hostname { get; init; }

    /// <summary>Files and directories to bind over the machine's root file system, in this order.</summary>
    public IReadOnlyList<ShimMount> Mounts { get => field ?? []; init; }

    /// <summary>The user the program runs as; null for root.</summary>
    public uint? User { get; init; }

    /// <summary>Its group; null for root's.</summary>
    public uint? Group { get; init; }

    /// <summary>Its supplementary groups.</summary>
    public IReadOnlyList<uint> Groups { get => field ?? []; init; }

    /// <summary>The file for standard output and error, in the CRI log format.</summary>
    public required string LogPath { get; init; }

    /// <summary>Bytes after which the log is rotated.</summary>
    public long LogMaxSize { get; init; } = 10 << 20;

    /// <summary>How many log files are kept, the current one included.</summary>
    public int LogMaxFiles { get; init; } = 5;
}
