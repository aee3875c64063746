using System.Text.Json.Serialization;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Watch.Api;

/// <summary>A Service (core/v1), read.</summary>
[JsonConverter(typeof(ServiceConverter))]
internal sealed class ServiceObject() : ReadObject("v1", "Service")
{
    /// <summary>What rules need of it; null if it is not for a proxy.</summary>
    public ServiceRecord? Record { get; init; }
}
