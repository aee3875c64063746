using Podwire.Iptables;
using Podwire.Netlink;
using Podwire.Netlink.IpSet;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.NetPolicy.Apply.Iptables;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.Compile.Iptables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Explain;

/// <summary>What the kernel counted for a pod: read from the rules of whichever of this machine's network namespaces polices it, of either back end.</summary>
internal static class KernelCounters
{
    /// <summary>The chain that judges a pod in a direction, and how many packets it has denied; null if no namespace of this machine polices it.</summary>
    /// <param name="machine">The namespaces to look in.</param>
    /// <param name="pod">An address of the pod.</param>
    /// <param name="ingress">The direction.</param>
    public static (string Chain, ulong Denied)? Of(MachineNamespaces machine, IpAddress pod, bool ingress)
    {
        foreach (var ns in machine.All)
        {
            try
            {
                if ((OfNftables(ns, pod, ingress) ?? OfIptables(ns, pod, ingress)) is { } found)
                {
                    return found;
                }
            }
            catch (Exception e) when (e is NetlinkException or SyscallException or NftException or IptablesException)
            {
                // A namespace without nf_tables or ipset, or one that ends.
            }
        }

        return null;
    }

    private static (string Chain, ulong Denied)? OfNftables(NetNamespace ns, IpAddress pod, bool ingress)
    {
        using var nft = ns.Run(NftSocket.Open);
        var schema = TableSchema.Of(pod.Family);
        if (nft.ReadTable(schema.Id) is not { } table || table.FindSet((ingress ? schema.Ingress : schema.Egress).Name) is not { } map)
        {
            return null;
        }

        NftData key = NftScalar.Address(pod);
        foreach (var element in map.Elements)
        {
            if (element.Key == key && element.Verdict?.Chain is { } name)
            {
                return (name, Denied(table, name));
            }
        }

        return null;
    }

    private static ulong Denied(Table table, string name)
    {
        var denied = 0UL;
        foreach (var chain in table.Chains)
        {
            if (chain.Name != name && !chain.Name.StartsWith(name + "-", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var rule in chain.Rules)
            {
                foreach (var statement in rule.Statements)
                {
                    denied += statement is Counter counter ? counter.Packets : 0;
                }
            }
        }

        return denied;
    }

    private static (string Chain, ulong Denied)? OfIptables(NetNamespace ns, IpAddress pod, bool ingress)
    {
        using var sets = ns.Run(IpSetSocket.Open);
        if (sets.GetProtocol() is null || sets.Get(IptablesNames.Pending(pod.Family)) is null)
        {
            return null;
        }

        using var kernel = ns.Run(PolicyKernel.Open);
        return IptablesCounters.Denied(new IptablesPrograms(kernel.Namespace).Save(pod.Family, "-t", "filter", "-c"), pod, ingress);
    }
}
