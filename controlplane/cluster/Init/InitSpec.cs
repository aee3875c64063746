using System.Text.Json.Serialization;

namespace Podwire.Cluster.Init;

/// <summary>What a node's first process runs: written by <c>podwire up</c>, read once by <c>podwire init</c>.</summary>
internal sealed record InitSpec
{
    /// <summary>The node's host name.</summary>
    public required string HostName { get; init; }

    /// <summary>The services, started in this order.</summary>
    public required IReadOnlyList<ServiceSpec> Services { get; init; }
}

/// <summary>A service that is kept running.</summary>
internal sealed record ServiceSpec
{
    /// <summary>The name that status shows.</summary>
    public required string Name { get; init; }

    /// <summary>Program and arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The file its output is appended to.</summary>
    public required string Log { get; init; }

    /// <summary>True if it takes over the listening socket that init was started with, by systemd's protocol (sd_listen_fds(3)).</summary>
    public bool TakesListener { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InitSpec))]
[JsonSerializable(typeof(ClusterState))]
[JsonSerializable(typeof(IReadOnlyList<RunningService>))]
internal sealed partial class ClusterJson : JsonSerializerContext;
