using Podwire.Primitives;
using System.Text;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>What one run of iptables-restore is to do: whole chains written anew, chains deleted, jumps put in front of built-in chains.</summary>
internal sealed class IptablesChange
{
    private static readonly IptablesTable[] Order = [IptablesTable.Mangle, IptablesTable.Filter, IptablesTable.Nat];
    private readonly Dictionary<(IptablesTable, string), IReadOnlyList<IptablesRule>> written = [];
    private readonly List<(IptablesTable Table, string Chain)> order = [];
    private readonly List<(IptablesTable Table, string Chain)> deleted = [];
    private readonly List<KubeJump> inserted = [];
    private readonly List<KubeJump> removed = [];

    /// <summary>True if there is nothing to do.</summary>
    public bool IsEmpty => order.Count == 0 && deleted.Count == 0 && inserted.Count == 0 && removed.Count == 0;

    /// <summary>Rules written and chains deleted.</summary>
    public int LineCount { get; private set; }

    /// <summary>Rules in the chains that are written.</summary>
    public IptablesRuleCounts RuleCounts => new(CountOf(IptablesTable.Filter), CountOf(IptablesTable.Nat));

    /// <summary>Chains that are written.</summary>
    public IEnumerable<(IptablesTable Table, string Chain)> Written => order;

    /// <summary>Chains that are deleted.</summary>
    public IReadOnlyList<(IptablesTable Table, string Chain)> Deleted => deleted;

    /// <summary>Jumps that are put in.</summary>
    public IReadOnlyList<KubeJump> Inserted => inserted;

    /// <summary>Frontends of connectionless protocols that changed.</summary>
    public List<FrontendKey> FlowFrontends { get; } = [];

    /// <summary>Writes a chain as a whole, making it where it is not there.</summary>
    public void Write(IptablesTable table, string chain, IReadOnlyList<IptablesRule> rules)
    {
        if (!written.ContainsKey((table, chain)))
        {
            order.Add((table, chain));
        }

        written[(table, chain)] = rules;
        LineCount += rules.Count + 1;
    }

    /// <summary>Deletes a chain that nothing leads to any more.</summary>
    public void Delete(IptablesTable table, string chain)
    {
        deleted.Add((table, chain));
        LineCount++;
    }

    /// <summary>Puts a jump in front of a built-in chain.</summary>
    public void Insert(KubeJump jump)
    {
        inserted.Add(jump);
        LineCount++;
    }

    /// <summary>Takes a jump away.</summary>
    public void Remove(KubeJump jump)
    {
        removed.Add(jump);
        LineCount++;
    }

    private int CountOf(IptablesTable table) => order.Sum(entry => entry.Table == table ? written[entry].Count : 0);

    /// <summary>
    /// As iptables-restore --noflush takes it: a chain line makes a chain or empties it, so everything that is deleted is emptied first.
    /// filter comes before nat: a Service that gets its last endpoint taken away is refused before it is led nowhere.
    /// </summary>
    public string ToRestoreText()
    {
        var text = new StringBuilder();
        foreach (var table in Order)
        {
            var begin = text.Length;
            text.Append('*').Append(IptablesText.NameOf(table)).Append('\n');
            var empty = text.Length;
            foreach (var (_, chain) in ((List<(IptablesTable Table, string Chain)>)[.. order, .. deleted]).Where(entry => entry.Table == table))
            {
                text.Append(':').Append(chain).Append(" - [0:0]\n");
            }

            foreach (var jump in removed.Where(jump => jump.Table == table))
            {
                text.AppendLine("-D", jump.From, jump.Rule);
            }

            foreach (var (_, chain) in order.Where(entry => entry.Table == table))
            {
                foreach (var rule in written[(table, chain)])
                {
                    text.AppendLine("-A", chain, rule);
                }
            }

            foreach (var jump in inserted.Where(jump => jump.Table == table))
            {
                text.AppendLine("-I", jump.From, jump.Rule);
            }

            foreach (var (_, chain) in deleted.Where(entry => entry.Table == table))
            {
                text.Append("-X ").Append(chain).Append('\n');
            }

            if (text.Length == empty)
            {
                text.Length = begin;
            }
            else
            {
                text.Append("COMMIT\n");
            }
        }

        return text.ToString();
    }
}
