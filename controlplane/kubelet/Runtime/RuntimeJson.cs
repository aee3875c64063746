using System.Text.Json.Serialization;

namespace Podwire.Kubelet.Runtime;

/// <summary>state.json.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(PodState))]
internal sealed partial class RuntimeJson : JsonSerializerContext;
