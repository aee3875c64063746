using System.Text.Json;
using System.Text.Json.Serialization;

namespace Podwire.Kube.Objects;

/// <summary>
/// Base of every API type here. Only the fields that Podwire reads have a property; all others survive a round trip in
/// <see cref="Unknown"/>, so that an update never drops what a newer server or another client has written.
/// </summary>
public abstract class KubeValue
{
    /// <summary>Fields without a property, as they came; null if there were none.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
