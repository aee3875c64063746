namespace Podwire.Cni;

/// <summary>One call of a plugin: the environment and the configuration, checked. Delegating is making another call of it.</summary>
public sealed record PluginCall
{
    /// <summary>The verb.</summary>
    public required CniCommand Command { get; init; }

    /// <summary>The configuration.</summary>
    public required NetworkConfig Config { get; init; }

    /// <summary>CNI_CONTAINERID; empty for GC and STATUS.</summary>
    public string ContainerId { get; init; } = string.Empty;

    /// <summary>
    /// CNI_NETNS. For ADD and CHECK it leads to a network namespace that is not our own. Null for GC and STATUS, and for a DEL whose
    /// namespace is gone, was not given, or is our own (which must not be touched).
    /// </summary>
    public string? NetNs { get; init; }

    /// <summary>CNI_IFNAME; empty for GC and STATUS.</summary>
    public string IfName { get; init; } = string.Empty;

    /// <summary>CNI_ARGS.</summary>
    public CniArgs Args { get; init; } = CniArgs.None;

    /// <summary>CNI_PATH: directories to look for delegates in, first match wins.</summary>
    public IReadOnlyList<string> Path { get; init; } = [];

    /// <summary>Calls other plugins: IPAM, or the plugin that a meta plugin stands for.</summary>
    public required IPluginDelegates Delegates { get; init; }

    /// <summary>The attachment this call is about.</summary>
    public AttachmentId Attachment => new(ContainerId, IfName);

    /// <summary>The attachments that a GC must leave alone.</summary>
    /// <exception cref="CniException">Code 7: the configuration does not have the list, and collecting everything is not what is meant.</exception>
    public IReadOnlyList<AttachmentId> ValidAttachments => Config.ValidAttachments
        ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "GC needs \"cni.dev/valid-attachments\"");

    /// <summary>The same call with another configuration, for a delegate.</summary>
    /// <exception cref="CniException">The configuration is not usable; see <see cref="NetworkConfig.Parse"/>.</exception>
    public PluginCall WithConfig(ReadOnlyMemory<byte> json) => this with { Config = NetworkConfig.Parse(json) };
}
