namespace Podwire.Cni;

/// <summary>The CNI_ variables of one call, as text.</summary>
public sealed record PluginEnvironment
{
    /// <summary>CNI_COMMAND; read when a plugin starts, set by the caller when one is executed.</summary>
    public string Command { get; init; } = string.Empty;

    /// <summary>CNI_CONTAINERID.</summary>
    public string ContainerId { get; init; } = string.Empty;

    /// <summary>CNI_NETNS.</summary>
    public string NetNs { get; init; } = string.Empty;

    /// <summary>CNI_IFNAME.</summary>
    public string IfName { get; init; } = string.Empty;

    /// <summary>CNI_ARGS.</summary>
    public string Args { get; init; } = string.Empty;

    /// <summary>CNI_PATH.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>From this process's environment.</summary>
    public static PluginEnvironment FromProcess() => new()
    {
        Command = Environment.GetEnvironmentVariable("CNI_COMMAND") ?? string.Empty,
        ContainerId = Environment.GetEnvironmentVariable("CNI_CONTAINERID") ?? string.Empty,
        NetNs = Environment.GetEnvironmentVariable("CNI_NETNS") ?? string.Empty,
        IfName = Environment.GetEnvironmentVariable("CNI_IFNAME") ?? string.Empty,
        Args = Environment.GetEnvironmentVariable("CNI_ARGS") ?? string.Empty,
        Path = Environment.GetEnvironmentVariable("CNI_PATH") ?? string.Empty,
    };
}
