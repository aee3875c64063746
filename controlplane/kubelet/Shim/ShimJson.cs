using System.Text.Json.Serialization;

namespace Podwire.Kubelet.Shim;

/// <summary>The shim's files.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ShimConfig))]
[JsonSerializable(typeof(ShimState))]
[JsonSerializable(typeof(ShimExit))]
internal sealed partial class ShimJson : JsonSerializerContext;
