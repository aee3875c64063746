using System.Text;

namespace Podwire.Ruleset;

/// <summary>The rule that comments obey: <c>nft</c> writes them in quotes without an escape, and a TLV's length is one byte.</summary>
internal static class NftComment
{
    /// <summary>The longest comment in bytes; <c>nft</c> (NFTNL_UDATA_COMMENT_MAXLEN) stops at 128 with the closing zero.</summary>
    public const int MaxBytes = 127;

    public static string? Check(string? comment)
    {
        if (comment is null)
        {
            return null;
        }

        if (comment.Length == 0 || Encoding.UTF8.GetByteCount(comment) > MaxBytes)
        {
            throw new ArgumentException($"a comment has 1 to {MaxBytes} bytes: '{comment}'", nameof(comment));
        }

        foreach (var c in comment)
        {
            if (c == '"' || char.IsControl(c))
            {
                throw new ArgumentException($"a comment holds no quotes and no control characters: '{comment}'", nameof(comment));
            }
        }

        return comment;
    }
}
