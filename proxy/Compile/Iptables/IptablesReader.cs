using System.Globalization;
using System.Text;
using Podwire.Primitives;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>
/// Reads what iptables-save writes (either variant, with or without counters). What the proxy itself never writes is kept as text, so that
/// a rule by somebody else is never equal to one of the proxy's. Pure.
/// </summary>
internal static class IptablesReader
{
    /// <summary>Reads a whole listing.</summary>
    /// <exception cref="FormatException">A line that iptables-save does not write; the message has its number.</exception>
    public static IptablesListing Read(string text)
    {
        var tables = new Dictionary<string, Dictionary<string, List<IptablesRule>>>(StringComparer.Ordinal);
        Dictionary<string, List<IptablesRule>>? table = null;
        var number = 0;
        foreach (var raw in text.AsSpan().EnumerateLines())
        {
            number++;
            var line = raw.Trim();
            if (line.IsEmpty || line[0] == '#')
            {
                continue;
            }

            if (line[0] == '*')
            {
                tables[line[1..].ToString()] = table = new(StringComparer.Ordinal);
            }
            else if (line is "COMMIT")
            {
                table = null;
            }
            else if (table is not null && line[0] == ':')
            {
                var name = line[1..];
                var end = name.IndexOf(' ');
                table[(end < 0 ? name : name[..end]).ToString()] = [];
            }
            else if (table is not null && Words(line) is var words && Start(words) is var start && start + 1 < words.Count && words[start] == "-A")
            {
                if (!table.TryGetValue(words[start + 1], out var rules))
                {
                    table[words[start + 1]] = rules = [];
                }

                rules.Add(new IptablesRuleReader(words, start + 2).Read());
            }
            else
            {
                throw new FormatException($"line {number} of iptables-save cannot be read: {line}");
            }
        }

        return new(tables);
    }

    /// <summary>One rule, as it stands behind <c>-A CHAIN</c>.</summary>
    public static IptablesRule ReadRule(string text) => new IptablesRuleReader(Words(text), 0).Read();

    /// <summary>A rule may begin with its counters: [12:345].</summary>
    private static int Start(List<string> words) => words.Count > 0 && words[0].StartsWith('[') ? 1 : 0;

    private static List<string> Words(ReadOnlySpan<char> line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool inside = false, any = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '\\' && inside && i + 1 < line.Length)
            {
                word.Append(line[++i]);
            }
            else if (c == '"')
            {
                inside = !inside;
                any = true;
            }
            else if (c is ' ' or '\t' && !inside)
            {
                if (any || word.Length > 0)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    any = false;
                }
            }
            else
            {
                word.Append(c);
            }
        }

        if (any || word.Length > 0)
        {
            words.Add(word.ToString());
        }

        return words;
    }
}
