using Podwire.Primitives;

namespace Podwire.Proxy.Compile;

/// <summary>How the rules of one family tell traffic of pods from traffic from outside; nothing set: they cannot, and then nothing counts as outside.</summary>
internal sealed record LocalTraffic
{
    /// <summary>Nothing is known.</summary>
    public static LocalTraffic Unknown { get; } = new();

    /// <summary>Its source is in here.</summary>
    public IpPrefix? Source { get; init; }

    /// <summary>It came in through this interface.</summary>
    public string? Interface { get; init; }

    /// <summary><see cref="Interface"/> is the beginning of the name.</summary>
    public bool InterfaceIsPrefix { get; init; }

    /// <summary>True if pods can be told.</summary>
    public bool IsKnown => Source is not null || Interface is not null;
}
