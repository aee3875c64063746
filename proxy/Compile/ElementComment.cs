namespace Podwire.Proxy.Compile;

/// <summary>Comments: namespace, name and port together may be longer than nft lets a comment be.</summary>
internal static class ElementComment
{
    private const int Longest = 127;

    /// <summary>The text, cut at 127 characters (names are ASCII).</summary>
    public static string Fit(string text) => text.Length <= Longest ? text : text[..Longest];
}
