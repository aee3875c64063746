using System.Text;

namespace Podwire.Netlink.Tests;

/// <summary>
/// A message as text that is the same for messages that mean the same to the kernel: attributes sorted by type, type
/// flags masked (iproute2 marks few nests), sequence number left out.
/// </summary>
internal static class MessageText
{
    internal static string Of(ReadOnlySpan<byte> bytes, int headerLength, params string[] nests)
    {
        var reader = new NetlinkMessageReader(bytes);
        Assert.True(reader.Read(out var message));
        var text = new StringBuilder($"type {message.Type} flags {message.Flags & ~NetlinkFlags.Ack}\n");
        text.Append(Convert.ToHexString(message.Payload[..headerLength])).Append('\n');
        Attributes(text, message.Attributes(headerLength), string.Empty, nests);
        Assert.False(reader.Read(out _));
        return text.ToString();
    }

    private static void Attributes(StringBuilder text, AttributeReader attributes, string path, string[] nests)
    {
        var lines = new SortedDictionary<int, string>();
        while (attributes.Read())
        {
            var at = $"{path}/{attributes.Type}";
            if (nests.Contains(at))
            {
                var inner = new StringBuilder($"{at}\n");
                Attributes(inner, attributes.Nested(), at, nests);
                lines.Add(attributes.Type, inner.ToString());
            }
            else
            {
                lines.Add(attributes.Type, $"{at} {Convert.ToHexString(attributes.Data)}\n");
            }
        }

        foreach (var line in lines.Values)
        {
            text.Append(line);
        }
    }
}
