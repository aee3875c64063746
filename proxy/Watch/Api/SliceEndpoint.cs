using Podwire.Kube.Objects;

namespace Podwire.Proxy.Watch.Api;

/// <summary>An endpoint of a <see cref="SliceObject"/>.</summary>
internal sealed class SliceEndpoint
{
    /// <summary>Its addresses; only the first is used.</summary>
    public string[]? Addresses { get; set; }

    /// <summary>Its state.</summary>
    public EndpointConditions? Conditions { get; set; }

    /// <summary>The node it is on.</summary>
    public string? NodeName { get; set; }

    /// <summary>Who should use it.</summary>
    public EndpointHints? Hints { get; set; }
}
