using System.Text;

namespace Podwire.NetPolicy.Domains;

/// <summary>Domain names on the wire (RFC 1035 sections 3.1 and 4.1.4). As text: lower case, no dot at the end.</summary>
internal static class DnsName
{
    /// <summary>The longest label in bytes.</summary>
    public const int MaxLabel = 63;

    /// <summary>The longest name in bytes, with the length of each label and the empty one at the end.</summary>
    public const int MaxLength = 255;

    /// <summary>True if the text can be asked for: labels of 1 to 63 bytes of ASCII, 255 together.</summary>
    public static bool IsValid(string name)
    {
        if (name.Length is 0 or > MaxLength - 2)
        {
            return false;
        }

        foreach (var label in name.Split('.'))
        {
            if (label.Length is 0 or > MaxLabel || !Ascii.IsValid(label))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes a name that <see cref="IsValid"/>; returns how many bytes it took.</summary>
    public static int Write(string name, Span<byte> into)
    {
        var at = 0;
        foreach (var label in name.Split('.'))
        {
            into[at] = (byte)label.Length;
            Encoding.ASCII.GetBytes(label, into[(at + 1)..]);
            at += label.Length + 1;
        }

        into[at] = 0;
        return at + 1;
    }

    /// <summary>Reads a name, following pointers, each of which must lead further back than the one before: so there is an end.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="offset">Where the name begins; then where what follows it begins.</param>
    /// <exception cref="DnsFormatException">It does not end in the message, is too long, or a pointer leads forward.</exception>
    public static string Read(ReadOnlySpan<byte> message, ref int offset)
    {
        var text = new StringBuilder();
        var (at, limit, length) = (offset, offset, 0);
        int? behind = null;
        while (true)
        {
            var size = Byte(message, at);
            switch (size & 0xC0)
            {
                case 0xC0:
                    var target = ((size & 0x3F) << 8) | Byte(message, at + 1);
                    if (target >= limit)
                    {
                        throw new DnsFormatException("a pointer that does not lead back", at);
                    }

                    behind ??= at + 2;
                    (at, limit) = (target, target);
                    continue;
                case not 0:
                    throw new DnsFormatException("a label of an unknown kind", at);
            }

            at++;
            length += size + 1;
            if (length > MaxLength)
            {
                throw new DnsFormatException("a name of more than 255 bytes", at);
            }

            if (size == 0)
            {
                offset = behind ?? at;
                return text.ToString();
            }

            if (at + size > message.Length)
            {
                throw new DnsFormatException("a label that does not end", at);
            }

            if (text.Length > 0)
            {
                text.Append('.');
            }

            foreach (var letter in message.Slice(at, size))
            {
                // Names are compared without regard to case (RFC 4343); a byte beyond ASCII, or a dot in a label, is in no name that is asked for.
                text.Append(letter is > 0x20 and < 0x7F and not (byte)'.' ? char.ToLowerInvariant((char)letter) : '?');
            }

            at += size;
        }
    }

    private static byte Byte(ReadOnlySpan<byte> message, int at) => at < message.Length ? message[at] : throw new DnsFormatException("a name that does not end", at);
}
