namespace Podwire.NetPolicy.Compile.Iptables;

/// <summary>What iptables-save shows of the table filter: our chains, and the rules of FORWARD.</summary>
internal sealed class IptablesListing
{
    /// <summary>Our chains with their rules, without <c>-A CHAIN</c>.</summary>
    public Dictionary<string, List<string>> Chains { get; } = [];

    /// <summary>The rules of FORWARD, whoever made them.</summary>
    public List<string> Forward { get; } = [];

    /// <summary>Reads the output of iptables-save.</summary>
    public static IptablesListing Read(string text)
    {
        var listing = new IptablesListing();
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan()[range];
            if (line.StartsWith(":"))
            {
                var name = Word(line[1..]);
                if (IptablesNames.IsOurChain(name))
                {
                    listing.Chains[name] = [];
                }
            }
            else if (line.StartsWith("-A "))
            {
                var name = Word(line[3..]);
                var rules = name == "FORWARD" ? listing.Forward : listing.Chains.GetValueOrDefault(name);
                rules?.Add(line[Math.Min(line.Length, name.Length + 4)..].TrimEnd().ToString());
            }
        }

        return listing;
    }

    private static string Word(ReadOnlySpan<char> text) => text.IndexOf(' ') is var end and >= 0 ? text[..end].ToString() : text.ToString();
}
