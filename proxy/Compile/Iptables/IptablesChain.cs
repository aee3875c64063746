using System.Text;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>A chain of the nat table that belongs to one Service port.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rules">Its rules, in order.</param>
internal sealed record IptablesChain(string Name, IReadOnlyList<IptablesRule> Rules)
{
    /// <summary>FNV-1a over the text: tells two versions of a chain apart without keeping either.</summary>
    public ulong Fingerprint()
    {
        var text = new StringBuilder();
        foreach (var rule in Rules)
        {
            text.AppendLine("-A", Name, rule);
        }

        return FingerprintOf(text);
    }

    /// <summary>The same over any text.</summary>
    public static ulong FingerprintOf(StringBuilder text)
    {
        var hash = 14695981039346656037UL;
        foreach (var chunk in text.GetChunks())
        {
            foreach (var c in chunk.Span)
            {
                hash = (hash ^ c) * 1099511628211UL;
            }
        }

        return hash;
    }
}
