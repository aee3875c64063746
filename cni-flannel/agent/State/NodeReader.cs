using System.Text.Json;
using System.Text.Json.Serialization;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.CniFlannel.Agent.State;

/// <summary>
/// Reads of a node's object what flannel needs: identity, flannel's annotations, pod CIDRs, the condition NetworkUnavailable. A node's images,
/// addresses and reports are ten times as much, and thousands of nodes are kept here.
/// </summary>
internal sealed class NodeReader(FlannelAnnotations names) : JsonConverter<Node>
{
    /// <summary>core/v1 nodes, read so. Never write such an object back.</summary>
    public static KubeResource<Node> Resource(FlannelAnnotations names)
    {
        var options = new JsonSerializerOptions(KubeJson.Options);
        options.Converters.Add(new NodeReader(names));
        return new KubeResource<Node>(string.Empty, "v1", "Node", "nodes", namespaced: false, options);
    }

    /// <inheritdoc/>
    public override Node Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var node = new Node();
        Members(ref reader, node, static (ref Utf8JsonReader json, string name, (Node Node, FlannelAnnotations Names) target) =>
        {
            switch (name)
            {
                case "metadata":
                    Members(ref json, target, Metadata);
                    break;
                case "spec":
                    Members(ref json, target, Spec);
                    break;
                case "status":
                    Members(ref json, target, Status);
                    break;
                default:
                    json.TrySkip();
                    break;
            }
        });
        return node;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Node value, JsonSerializerOptions options) => throw new NotSupportedException("a node read in part must not be written");

    private void Members(ref Utf8JsonReader reader, Node node, Member member) => Members(ref reader, (node, names), member);

    private delegate void Member(ref Utf8JsonReader reader, string name, (Node Node, FlannelAnnotations Names) target);

    /// <summary>Calls <paramref name="member"/> for each member, the reader being at its value; null is an empty object.</summary>
    private static void Members(ref Utf8JsonReader reader, (Node Node, FlannelAnnotations Names) target, Member member)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("a JSON object was expected");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Name(ref reader);
            reader.Read();
            member(ref reader, name, target);
        }
    }

    /// <summary>Names that are read come without an allocation.</summary>
    private static string Name(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("metadata"u8) ? "metadata"
        : reader.ValueTextEquals("spec"u8) ? "spec"
        : reader.ValueTextEquals("status"u8) ? "status"
        : reader.ValueTextEquals("name"u8) ? "name"
        : reader.ValueTextEquals("uid"u8) ? "uid"
        : reader.ValueTextEquals("resourceVersion"u8) ? "resourceVersion"
        : reader.ValueTextEquals("annotations"u8) ? "annotations"
        : reader.ValueTextEquals("podCIDR"u8) ? "podCIDR"
        : reader.ValueTextEquals("podCIDRs"u8) ? "podCIDRs"
        : reader.ValueTextEquals("conditions"u8) ? "conditions"
        : reader.ValueTextEquals("type"u8) ? "type"
        : string.Empty;

    private static void Metadata(ref Utf8JsonReader reader, string name, (Node Node, FlannelAnnotations Names) target)
    {
        var meta = target.Node.Metadata;
        switch (name)
        {
            case "name":
                meta.Name = reader.GetString() ?? string.Empty;
                break;
            case "uid":
                meta.Uid = reader.GetString();
                break;
            case "resourceVersion":
                meta.ResourceVersion = reader.GetString();
                break;
            case "annotations" when reader.TokenType == JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var key = reader.GetString()!;
                    reader.Read();
                    if (target.Names.Has(key))
                    {
                        meta.Annotations[target.Names.Known(key)] = reader.GetString() ?? string.Empty;
                    }
                    else
                    {
                        reader.TrySkip();
                    }
                }

                break;
            default:
                reader.TrySkip();
                break;
        }
    }

    private static void Spec(ref Utf8JsonReader reader, string name, (Node Node, FlannelAnnotations Names) target)
    {
        switch (name)
        {
            case "podCIDR":
                target.Node.Spec.PodCIDR = reader.GetString();
                break;
            case "podCIDRs" when reader.TokenType == JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    target.Node.Spec.PodCIDRs.Add(reader.GetString() ?? string.Empty);
                }

                break;
            default:
                reader.TrySkip();
                break;
        }
    }

    private static void Status(ref Utf8JsonReader reader, string name, (Node Node, FlannelAnnotations Names) target)
    {
        if (name != "conditions" || reader.TokenType != JsonTokenType.StartArray)
        {
            reader.TrySkip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException("a condition is not an object");
            }

            var isNetwork = false;
            var isFalse = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                var isStatus = reader.ValueTextEquals("status"u8);
                reader.Read();
                isNetwork |= isType && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("NetworkUnavailable"u8);
                isFalse |= isStatus && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("False"u8);
                reader.TrySkip();
            }

            if (isNetwork && isFalse)
            {
                target.Node.Status.Conditions.Add(new Condition { Type = "NetworkUnavailable", Status = "False" });
            }
        }
    }
}
