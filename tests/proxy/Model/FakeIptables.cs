using Podwire.Proxy.Compile.Iptables;

namespace Podwire.Proxy.Tests.Model;

/// <summary>Chains that take what iptables-restore --noflush takes, and refuse what it refuses: a chain that is not there, one that is in use.</summary>
internal sealed class FakeIptables
{
    private Dictionary<string, Dictionary<string, List<IptablesRule>>> tables = new()
    {
        ["mangle"] = Chains("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
        ["filter"] = Chains("INPUT", "FORWARD", "OUTPUT"),
        ["nat"] = Chains("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    };

    public IptablesListing Listing => new(tables);

    /// <summary>Adds a rule by somebody else.</summary>
    public void Append(string table, string chain, string rule)
    {
        if (!tables[table].TryGetValue(chain, out var rules))
        {
            tables[table][chain] = rules = [];
        }

        rules.Add(IptablesReader.ReadRule(rule));
    }

    public void Restore(string text)
    {
        var next = tables.ToDictionary(table => table.Key, table => table.Value.ToDictionary(chain => chain.Key, chain => chain.Value.ToList()));
        Dictionary<string, List<IptablesRule>>? table = null;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', 3);
            switch (words[0])
            {
                case var name when name[0] == '*':
                    table = next[name[1..]];
                    break;
                case var chain when chain[0] == ':':
                    table![chain[1..]] = [];
                    break;
                case "-A":
                    table![words[1]].Add(IptablesReader.ReadRule(words[2]));
                    break;
                case "-I":
                    table![words[1]].Insert(0, IptablesReader.ReadRule(words[2]));
                    break;
                case "-D":
                    Assert.True(table![words[1]].Remove(IptablesReader.ReadRule(words[2])), line);
                    break;
                case "-X":
                    Assert.Empty(table![words[1]]);
                    Assert.True(table.Remove(words[1]), line);
                    break;
                case "COMMIT":
                    Assert.All(table!.SelectMany(chain => chain.Value).Select(rule => rule.Target).OfType<IptablesTarget.Jump>(), jump => Assert.Contains(jump.Chain, table!.Keys));
                    table = null;
                    break;
                default:
                    Assert.Fail(line);
                    break;
            }
        }

        Assert.Null(table);
        tables = next;
    }

    private static Dictionary<string, List<IptablesRule>> Chains(params string[] names) => names.ToDictionary(name => name, _ => new List<IptablesRule>());
}
