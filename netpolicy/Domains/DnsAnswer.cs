using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Domains;

/// <summary>An answer that somebody else asked for: the question's name, and the addresses that it has whatever aliases are on the way.</summary>
/// <param name="Name">The name of the question, in lower case and without a dot at the end.</param>
/// <param name="Addresses">The addresses.</param>
/// <param name="Ttl">How long they hold, in seconds.</param>
internal sealed record DnsAnswer(string Name, IReadOnlyList<IpAddress> Addresses, uint Ttl)
{
    private const int HeaderLength = 12;

    /// <summary>Reads a message; null unless it is a well-formed answer with addresses, to a question for them.</summary>
    public static DnsAnswer? Read(ReadOnlySpan<byte> message)
    {
        // QR, and opcode 0: an answer to a plain question (RFC 1035 section 4.1.1).
        if (message.Length < HeaderLength || (message[2] & 0xF8) != 0x80)
        {
            return null;
        }

        try
        {
            var at = HeaderLength;
            var name = DnsName.Read(message, ref at);
            var type = at + 2 <= message.Length ? (DnsType)BinaryPrimitives.ReadUInt16BigEndian(message[at..]) : default;
            if (type is not (DnsType.A or DnsType.Aaaa))
            {
                return null;
            }

            var reply = DnsReply.Read(message, name, type);
            return reply.Addresses.Count == 0 ? null : new(name, reply.Addresses, reply.Ttl);
        }
        catch (DnsFormatException)
        {
            return null;
        }
    }
}
