namespace Podwire.Cni;

/// <summary>Where a runner finds plugins, keeps what they answered, and how long it waits.</summary>
public sealed record CniRunnerOptions
{
    /// <summary>Directories of plugins, first match wins.</summary>
    public IReadOnlyList<string> PluginPath { get; init; } = ["/opt/cni/bin"];

    /// <summary>The state directory; results are in <c>results</c> below it, in the reference's format.</summary>
    public string CacheDirectory { get; init; } = "/var/lib/cni";

    /// <summary>How long one plugin may take before it and what it started are killed.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}
