using System.Text;

namespace Podwire.Netlink.Nftables;

/// <summary>
/// What the nft program keeps with an object for printing it: type, length (one byte each), value (libnftnl's udata.h). The kernel does not look at it.
/// </summary>
internal static class Userdata
{
    /// <summary>The comment of a table, chain, rule or element.</summary>
    public const int Comment = 0;

    /// <summary>Room for a comment in bytes.</summary>
    public const int MaxCommentLength = 2 + 128;

    /// <summary>Writes an attribute that holds a comment, closing zero included.</summary>
    public static void WriteComment(ref NetlinkWriter writer, int attribute, string? comment)
    {
        if (comment is null)
        {
            return;
        }

        Span<byte> tlv = stackalloc byte[MaxCommentLength];
        var length = Encoding.UTF8.GetBytes(comment, tlv[2..]);
        tlv[0] = Comment;
        tlv[1] = (byte)(length + 1);
        tlv[length + 2] = 0;
        writer.Bytes(attribute, tlv[..(length + 3)]);
    }

    /// <summary>The comment in userdata of a table, chain, rule or element; null without one that this model can hold.</summary>
    public static string? ReadComment(ReadOnlySpan<byte> userdata, ReadPool? pool = null)
    {
        while (TryTake(ref userdata, out var type, out var value))
        {
            if (type == Comment)
            {
                return Text(value, pool);
            }
        }

        return null;
    }

    /// <summary>The comment's bytes, without the zero that ends it; empty for none.</summary>
    public static ReadOnlySpan<byte> CommentBytes(ReadOnlySpan<byte> userdata)
    {
        while (TryTake(ref userdata, out var type, out var value))
        {
            if (type == Comment)
            {
                var zero = value.IndexOf((byte)0);
                return zero < 0 ? value : value[..zero];
            }
        }

        return default;
    }

    /// <summary>Takes one entry off; false at the end and where a length lies.</summary>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> userdata, out int type, out ReadOnlySpan<byte> value)
    {
        if (userdata.Length < 2 || userdata[1] > userdata.Length - 2)
        {
            type = 0;
            value = default;
            return false;
        }

        type = userdata[0];
        value = userdata.Slice(2, userdata[1]);
        userdata = userdata[(2 + userdata[1])..];
        return true;
    }

    /// <summary>Text up to a zero; null if it is empty or would not be accepted as a comment.</summary>
    public static string? Text(ReadOnlySpan<byte> value, ReadPool? pool = null)
    {
        var zero = value.IndexOf((byte)0);
        value = zero < 0 ? value : value[..zero];
        if (value.IsEmpty || value.Length > 127 || value.Contains((byte)'"'))
        {
            return null;
        }

        foreach (var b in value)
        {
            if (b is < 0x20 or 0x7f or >= 0x80)
            {
                return TextBeyondAscii(value);
            }
        }

        return pool is null ? Encoding.ASCII.GetString(value) : pool.Text(value);
    }

    private static string? TextBeyondAscii(ReadOnlySpan<byte> value)
    {
        var text = Encoding.UTF8.GetString(value);
        return text.Any(char.IsControl) || Encoding.UTF8.GetByteCount(text) > 127 ? null : text;
    }
}
