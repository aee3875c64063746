using System.Text;
using Podwire.Primitives;

namespace Podwire.CniBridge.Iptables;

/// <summary>
/// A rule by its words, as iptables-save prints and iptables-restore reads them. Two rules are the same if they say the same: the order
/// of options, and spellings that the two variants of iptables do not share, make no difference.
/// </summary>
internal sealed class IptablesRule
{
    private readonly string canonical;

    private IptablesRule(IReadOnlyList<string> words)
    {
        Words = words;
        canonical = Canonical(words);
    }

    /// <summary>The words after the chain's name.</summary>
    internal IReadOnlyList<string> Words { get; }

    /// <summary>The chain or target of <c>-j</c>; null for none.</summary>
    internal string? Target => this["-j"];

    /// <summary>The remark; null for none.</summary>
    internal string? Comment => this["--comment"];

    /// <summary>The words with quotes where they need them.</summary>
    internal string Text => string.Join(' ', Words.Select(Quote));

    /// <summary>The word after an option; null if the option is not there, or is negated.</summary>
    internal string? this[string option]
    {
        get
        {
            for (var i = 0; i + 1 < Words.Count; i++)
            {
                if (Words[i] == option && (i == 0 || Words[i - 1] != "!"))
                {
                    return Words[i + 1];
                }
            }

            return null;
        }
    }

    /// <summary>A rule of these words.</summary>
    internal static IptablesRule Of(params IReadOnlyList<string> words) => new(words);

    /// <summary>Reads «-A CHAIN ...»; null for anything else.</summary>
    internal static (string Chain, IptablesRule Rule)? Parse(string line)
    {
        if (!line.StartsWith("-A ", StringComparison.Ordinal))
        {
            return null;
        }

        var words = Split(line);
        return words.Count < 2 ? null : (words[1], new IptablesRule([.. words.Skip(2)]));
    }

    /// <summary>True if the two say the same.</summary>
    internal bool Says(IptablesRule other) => canonical == other.canonical;

    public override string ToString() => Text;

    /// <summary>As xtables' xtables_save_string writes and iptables-restore reads: backslashes before quotes and backslashes.</summary>
    private static string Quote(string word)
    {
        if (word.Length > 0 && !word.AsSpan().ContainsAny(" \t\"'\\"))
        {
            return word;
        }

        var text = new StringBuilder("\"");
        foreach (var c in word)
        {
            text.Append(c is '"' or '\\' ? "\\" : string.Empty).Append(c);
        }

        return text.Append('"').ToString();
    }

    private static List<string> Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool quoted = false, open = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '\\' && quoted && i + 1 < line.Length)
            {
                word.Append(line[++i]);
            }
            else if (c == '"')
            {
                (quoted, open) = (!quoted, true);
            }
            else if (c == ' ' && !quoted)
            {
                if (open)
                {
                    words.Add(word.ToString());
                }

                word.Clear();
                open = false;
            }
            else
            {
                word.Append(c);
                open = true;
            }
        }

        if (open)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    private static string Canonical(IReadOnlyList<string> words)
    {
        var options = new List<string>();
        var negated = false;
        for (var i = 0; i < words.Count;)
        {
            if (words[i] == "!")
            {
                negated = true;
                i++;
                continue;
            }

            var name = words[i++];
            var values = new List<string>();
            var single = name is "--comment" or "-s" or "-d" or "-p" or "-j" or "-m";
            while (i < words.Count && (single ? values.Count == 0 : words[i] != "!" && !words[i].StartsWith('-')))
            {
                values.Add(words[i++]);
            }

            // Which modules are loaded follows from the options.
            var value = name is "-s" or "-d" ? Network(values.FirstOrDefault() ?? string.Empty) : string.Join(' ', values);
            if (name != "-m" && value is not null)
            {
                options.Add($"{(negated ? "!" : string.Empty)}{Name(name)} {value}");
            }

            negated = false;
        }

        options.Sort(StringComparer.Ordinal);
        return string.Join('\n', options);
    }

    private static string Name(string option) => option switch
    {
        "--destination-ports" => "--dports",
        "--destination-port" => "--dport",
        "--source-ports" => "--sports",
        "--source-port" => "--sport",
        _ => option,
    };

    /// <summary>A network in one spelling; null for all of a family, which says nothing.</summary>
    private static string? Network(string text)
    {
        var prefix = IpPrefix.TryParse(text, out var network) ? network
            : IpAddress.TryParse(text, out var address) ? IpPrefix.Host(address) : default;
        return prefix.IsNone ? text : prefix.Length == 0 ? null : prefix.Masked.ToString();
    }
}
