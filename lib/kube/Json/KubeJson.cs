using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Podwire.Kube.Objects;

namespace Podwire.Kube.Json;

/// <summary>
/// How API objects are read and written: camelCase, nulls, empty lists, empty maps and empty required strings are
/// omitted, and a null for a field that cannot be null leaves its default, as Kubernetes' own decoder does.
/// </summary>
public static class KubeJson
{
    /// <summary>Options for every type of this library. Read-only.</summary>
    public static JsonSerializerOptions Options { get; } = With(KubeJsonContext.Default);

    /// <summary>The description of <typeparamref name="T"/>, one of this library's types.</summary>
    /// <exception cref="NotSupportedException">It is none of them.</exception>
    public static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    /// <summary>Options with the same rules for further types, described by a source-generated context of the caller.</summary>
    public static JsonSerializerOptions With(IJsonTypeInfoResolver resolver)
    {
        var options = new JsonSerializerOptions(KubeJsonContext.Default.Options)
        {
            TypeInfoResolver = resolver.WithAddedModifier(FollowKubernetes),
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        options.MakeReadOnly();
        return options;
    }

    /// <summary>The object as UTF-8 JSON.</summary>
    public static byte[] Serialize<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, TypeInfo<T>());

    /// <summary>The object as a JSON tree, for patches.</summary>
    public static JsonNode ToNode<T>(T value) => JsonSerializer.SerializeToNode(value, TypeInfo<T>())!;

    /// <summary>The object from UTF-8 JSON.</summary>
    /// <exception cref="JsonException">Not JSON, or of another shape; the message names the path.</exception>
    public static T Deserialize<T>(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, TypeInfo<T>()) ?? throw new JsonException("the document is null");

    /// <summary>The object from a JSON tree.</summary>
    /// <exception cref="JsonException">Of another shape; the message names the path.</exception>
    public static T FromNode<T>(JsonNode node) =>
        node.Deserialize(TypeInfo<T>()) ?? throw new JsonException("the document is null");

    /// <summary>A deep copy: objects from a store are shared and must not be changed in place.</summary>
    public static T Clone<T>(T value) => Deserialize<T>(Serialize(value));

    private static void FollowKubernetes(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.IsExtensionData || property.PropertyType.IsValueType)
            {
                continue;
            }

            if (!property.IsSetNullable && property.Set is { } set)
            {
                property.Set = (target, value) =>
                {
                    if (value is not null)
                    {
                        set(target, value);
                    }
                };
            }

            if (!property.IsGetNullable)
            {
                property.ShouldSerialize = static (_, value) => value switch
                {
                    null => false,
                    string text => text.Length > 0,
                    System.Collections.ICollection collection => collection.Count > 0,
                    _ => true,
                };
            }
        }
    }
}
