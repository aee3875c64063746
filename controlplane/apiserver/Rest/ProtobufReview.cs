using System.Text;
using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Rest;

/// <summary>
/// Reads the spec of a SelfSubjectAccessReview out of Kubernetes' protobuf envelope (k8s.io/api/authorization/v1/generated.proto):
/// the one kind of body that kubectl sends in protobuf only and that has a few text fields.
/// </summary>
internal static class ProtobufReview
{
    /// <summary>"k8s" and a zero byte open every Kubernetes protobuf body.</summary>
    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    private static readonly string[] ResourceFields = ["", "namespace", "verb", "group", "version", "resource", "subresource", "name"];
    private static readonly string[] PathFields = ["", "path", "verb"];

    /// <exception cref="ApiException">400: malformed.</exception>
    public static JsonObject? ReadSpec(byte[] body, string kind)
    {
        if (!body.AsSpan().StartsWith(Magic))
        {
            throw ApiErrors.BadRequest("the body of the request does not begin as Kubernetes protobuf");
        }

        // Unknown{ typeMeta = 1, raw = 2 }; the reviews: spec = 2.
        var raw = Field(body.AsSpan(Magic.Length), 2);
        if (kind == "SelfSubjectReview")
        {
            return null;
        }

        var spec = Field(raw, 2);
        var resource = Field(spec, 1);
        var path = Field(spec, 2);
        return path.IsEmpty
            ? new JsonObject { ["resourceAttributes"] = Texts(resource, ResourceFields) }
            : new JsonObject { ["nonResourceAttributes"] = Texts(path, PathFields) };
    }

    private static JsonObject Texts(ReadOnlySpan<byte> message, string[] names)
    {
        var node = new JsonObject();
        for (var number = 1; number < names.Length; number++)
        {
            var value = Field(message, number);
            if (!value.IsEmpty)
            {
                node[names[number]] = Encoding.UTF8.GetString(value);
            }
        }

        return node;
    }

    /// <summary>The bytes of a length-delimited field; empty if absent.</summary>
    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> message, int wanted)
    {
        while (!message.IsEmpty)
        {
            var key = Varint(ref message);
            switch (key & 7)
            {
                case 0:
                    Varint(ref message);
                    break;
                case 1:
                    message = Skip(message, 8);
                    break;
                case 5:
                    message = Skip(message, 4);
                    break;
                case 2:
                    var length = Varint(ref message);
                    if (length > (ulong)message.Length)
                    {
                        throw Malformed();
                    }

                    if (key >> 3 == (ulong)wanted)
                    {
                        return message[..(int)length];
                    }

                    message = message[(int)length..];
                    break;
                default:
                    throw Malformed();
            }
        }

        return default;
    }

    private static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> message, int count) => message.Length >= count ? message[count..] : throw Malformed();

    private static ulong Varint(ref ReadOnlySpan<byte> message)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (message.IsEmpty)
            {
                throw Malformed();
            }

            var next = message[0];
            message = message[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    private static ApiException Malformed() => ApiErrors.BadRequest("the protobuf body of the request is cut short or malformed");
}
