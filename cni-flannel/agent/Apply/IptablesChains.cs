using Podwire.CniFlannel.Agent.Compile;
using Podwire.Iptables;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>The chains of this node in iptables, whichever variant this machine uses: two are read, and changed by one iptables-restore.</summary>
internal sealed class IptablesChains(IptablesPrograms programs)
{
    /// <summary>Brings chains to what they shall be; true if something was changed.</summary>
    /// <exception cref="OverlayException">iptables refused it; the message has its own words.</exception>
    public bool Ensure(IpFamily family, IReadOnlyList<IptablesChain> chains)
    {
        try
        {
            return EnsureAll(family, chains);
        }
        catch (IptablesException e)
        {
            throw new OverlayException(e.Message);
        }
    }

    private bool EnsureAll(IpFamily family, IReadOnlyList<IptablesChain> chains)
    {
        var actual = new List<(IReadOnlyList<string>? Rules, int Jumps)>();
        foreach (var chain in chains)
        {
            actual.Add(Read(family, chain));
        }

        var text = IptablesCompiler.Restore(chains, actual);
        if (text.Length == 0)
        {
            return false;
        }

        programs.Restore(family, text);
        return true;
    }

    private (IReadOnlyList<string>? Rules, int Jumps) Read(IpFamily family, IptablesChain chain)
    {
        var prefix = $"-A {chain.Name} ";
        IReadOnlyList<string>? rules = programs.Try(family, "-t", chain.Table, "-S", chain.Name) is { } own
            ? [.. own.Split('\n').Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(line => line[prefix.Length..].TrimEnd())]
            : null;
        var parent = programs.Execute(family, "-t", chain.Table, "-S", chain.Parent);
        return (rules, parent.Split('\n').Count(line => line.TrimEnd() == $"-A {chain.Jump}"));
    }
}
