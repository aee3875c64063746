using System.Text;
using Podwire.Iptables;
using Podwire.NetPolicy.Compile.Iptables;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Apply.Iptables;

/// <summary>
/// The chain that puts the resolver's answers to pods with wildcards into a queue. It is in the table mangle: an answer that is let go of goes on behind the
/// table that queued it, and the table filter is to judge it like any other packet. There only while there is such a pod.
/// </summary>
internal sealed class IptablesAnswers(IptablesPrograms programs, IpFamily family)
{
    private const string Table = "mangle";
    private const string Jump = $"-m comment --comment \"podwire network policies\" -j {IptablesNames.Answers}";

    // Forwarded ones, and those of a resolver on the node itself.
    private static readonly string[] Hooks = ["FORWARD", "OUTPUT"];

    /// <summary>Writes the chain anew, or removes it.</summary>
    /// <param name="rules">Its rules; none: no chain.</param>
    /// <exception cref="IptablesException">iptables refused; nothing was changed.</exception>
    public void Write(string[] rules)
    {
        if (Text(rules, Listing()) is { Length: > 0 } text)
        {
            programs.Restore(family, text);
        }
    }

    /// <summary>What <see cref="Write"/> would send now.</summary>
    public string Plan(string[] rules) => Text(rules, Listing());

    /// <summary>What iptables-restore has to be given, for the table to be right; empty if it is.</summary>
    internal static string Text(string[] rules, string listing)
    {
        var there = new List<string>();
        var jumps = new int[Hooks.Length];
        var exists = false;
        foreach (var line in listing.Split('\n'))
        {
            exists |= line.StartsWith($":{IptablesNames.Answers} ", StringComparison.Ordinal);
            if (line.StartsWith($"-A {IptablesNames.Answers} ", StringComparison.Ordinal))
            {
                there.Add(line[(IptablesNames.Answers.Length + 4)..].TrimEnd());
            }

            for (var i = 0; i < Hooks.Length; i++)
            {
                jumps[i] += line.TrimEnd() == $"-A {Hooks[i]} {Jump}" ? 1 : 0;
            }
        }

        var wanted = rules.Length > 0 ? 1 : 0;
        if (there.ToArray().AsSpan().SequenceEqual(rules) && Array.TrueForAll(jumps, count => count == wanted) && (exists || wanted == 0))
        {
            return exists && wanted == 0 ? $"*{Table}\n-X {IptablesNames.Answers}\nCOMMIT\n" : string.Empty;
        }

        var text = new StringBuilder($"*{Table}\n:{IptablesNames.Answers} - [0:0]\n");
        foreach (var rule in rules)
        {
            text.Append($"-A {IptablesNames.Answers} {rule}\n");
        }

        for (var i = 0; i < Hooks.Length; i++)
        {
            for (var count = jumps[i]; count > wanted; count--)
            {
                text.Append($"-D {Hooks[i]} {Jump}\n");
            }

            text.Append(jumps[i] < wanted ? $"-A {Hooks[i]} {Jump}\n" : string.Empty);
        }

        return text.Append(wanted == 0 ? $"-X {IptablesNames.Answers}\n" : string.Empty).Append("COMMIT\n").ToString();
    }

    private string Listing() => programs.Save(family, "-t", Table);
}
