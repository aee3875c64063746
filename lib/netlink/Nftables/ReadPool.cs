using System.Text;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>
/// Comments and verdicts of one reading, each kept once: the elements of a Service share its comment, and hundreds of thousands of elements go to
/// a handful of chains.
/// </summary>
internal sealed class ReadPool
{
    private const int MaxPooledBytes = 256;

    private readonly HashSet<string> strings = [];
    private readonly Dictionary<string, Verdict> jumps = [];
    private readonly Dictionary<string, Verdict> gotos = [];

    /// <summary>The text of these UTF-8 bytes.</summary>
    public string Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxPooledBytes)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        Span<char> buffer = stackalloc char[MaxPooledBytes];
        ReadOnlySpan<char> text = buffer[..Encoding.UTF8.GetChars(utf8, buffer)];
        if (!strings.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var known))
        {
            known = text.ToString();
            strings.Add(known);
        }

        return known;
    }

    /// <summary>The jump to a chain.</summary>
    public Verdict Jump(string chain) => jumps.TryGetValue(chain, out var known) ? known : jumps[chain] = Verdict.Jump(chain);

    /// <summary>The goto to a chain.</summary>
    public Verdict Goto(string chain) => gotos.TryGetValue(chain, out var known) ? known : gotos[chain] = Verdict.Goto(chain);
}
