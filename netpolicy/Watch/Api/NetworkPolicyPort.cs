using System.Text.Json;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A port of a <see cref="NetworkPolicyRule"/>.</summary>
internal sealed class NetworkPolicyPort
{
    /// <summary>TCP unless given.</summary>
    public string? Protocol { get; set; }

    /// <summary>A number or a name; none for all.</summary>
    public JsonElement Port { get; set; }

    /// <summary>The last port of a range.</summary>
    public int? EndPort { get; set; }
}
