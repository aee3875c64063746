using Podwire.Cni;
using Podwire.CniBridge.Iptables;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;

namespace Podwire.CniBridge.Portmap;

/// <summary>
/// The iptables back end: the reference's chains with the reference's rules, so that its guides hold and either finds what the other made.
/// One iptables-restore per family and call, or none where there is nothing to do.
/// </summary>
/// <param name="nft">To find out without a process that iptables has nothing; null to open one where it is needed.</param>
internal sealed class IptablesPortmap(NftSocket? nft) : IPortmapBackend
{
    private const string Nat = "nat";

    public void Add(PortmapConfig config, string network, AttachmentId attachment, IReadOnlyList<IpPrefix> containers)
    {
        foreach (var container in containers.Where(c => config.Mappings.Any(m => m.IsOf(c.Family))))
        {
            var rules = new PortmapRules(config, network, attachment.ContainerId, container);
            IptablesProgram.Of(container.Family).Change(Nat, (present, script) =>
            {
                foreach (var stale in RefuseTaken(config, rules.Chain, attachment.ContainerId, container, present))
                {
                    script.Remove(stale, PortmapRules.Dnat);
                }

                rules.Write(present, script);
            });
        }
    }

    public IReadOnlyList<PortmapFlow> Remove(string network, AttachmentId attachment)
    {
        var chain = PortmapRules.ChainOf(network, attachment.ContainerId);
        return Remove(chain, _ => [chain]);
    }

    public IReadOnlyList<PortmapFlow> Collect(string network, IReadOnlyList<AttachmentId> valid)
    {
        var containers = valid.Select(a => a.ContainerId).ToHashSet(StringComparer.Ordinal);
        return Remove(PortmapRules.Dnat, present => present[PortmapRules.Dnat]
            .Select(rule => IptablesNames.ContainerOf(network, rule.Comment, PortmapRules.CommentPrefix) is { } id && !containers.Contains(id) && rule.Target == PortmapRules.ChainOf(network, id) ? rule.Target : null)
            .OfType<string>().Distinct());
    }

    public string? Difference(PortmapConfig config, string network, AttachmentId attachment, IReadOnlyList<IpPrefix> containers) =>
        containers
            .Where(c => config.Mappings.Any(m => m.IsOf(c.Family)))
            .Select(c => new PortmapRules(config, network, attachment.ContainerId, c).Difference(IptablesProgram.Of(c.Family).Read(Nat)))
            .FirstOrDefault(d => d is not null);

    public void Probe()
    {
        // The second family may be missing in the kernel; attachments that need it then fail, and say so.
        IptablesProgram.Of(IpFamily.V4).Read(Nat);
    }

    public void Dispose()
    {
    }

    /// <summary>
    /// Removes chains and forgets the UDP flows that they made. A chain with mappings for UDP is closed first and goes after its flows: killed in
    /// between, the next one still finds whose flows to forget.
    /// </summary>
    private List<PortmapFlow> Remove(string presence, Func<IptablesSnapshot, IEnumerable<string>> choose)
    {
        List<PortmapFlow> gone = [];
        foreach (var (family, program) in IptablesPresence.Holding(nft, Nat, presence))
        {
            List<PortmapFlow> here = [];
            List<string> closed = [];
            program.Change(Nat, (present, script) =>
            {
                here.Clear();
                closed.Clear();
                foreach (var chain in choose(present).ToList())
                {
                    var flows = present[chain].Select(rule => PortmapRules.Read(family, rule)).OfType<PortmapFlow>().ToList();
                    here.AddRange(flows);
                    if (flows.Exists(f => f.Mapping.Protocol == IpProtocol.Udp))
                    {
                        closed.Add(chain);
                        PortmapRules.Close(chain, present, script);
                    }
                    else
                    {
                        script.Remove(chain, PortmapRules.Dnat);
                    }
                }
            });
            gone.AddRange(here);
            if (closed.Count > 0)
            {
                StaleFlows.ForgetThese(here, nft?.Socket);
                program.Change(Nat, (present, script) =>
                {
                    // What an ADD has opened again meanwhile is that one's.
                    foreach (var chain in closed.Where(c => PortmapRules.IsClosed(present[c])))
                    {
                        script.Remove(chain, PortmapRules.Dnat);
                    }
                });
            }
        }

        return gone;
    }

    /// <summary>
    /// Compares with what other containers have, and returns the chains that lead to this very container's address without being its own:
    /// an address has one container, so theirs are gone. Another network's chain of the same container is no stranger's: the first has the port.
    /// </summary>
    private static List<string> RefuseTaken(PortmapConfig config, string own, string containerId, IpPrefix container, IptablesSnapshot present)
    {
        var family = container.Family;
        List<string> stale = [];
        foreach (var chain in present[PortmapRules.Dnat].Select(r => r.Target).OfType<string>().Where(c => c != own).Distinct())
        {
            var flows = present[chain].Select(rule => PortmapRules.Read(family, rule)).OfType<PortmapFlow>().ToList();
            if (flows.Exists(f => f.Container == container.Address))
            {
                stale.Add(chain);
                continue;
            }

            var comment = present[PortmapRules.Dnat].First(r => r.Target == chain).Comment ?? chain;
            foreach (var theirs in flows.Where(_ => !PortmapRules.IsClosed(present[chain]) && !comment.EndsWith($"id: \"{containerId}\"", StringComparison.Ordinal)))
            {
                var mapping = theirs.Mapping with { HostIp = theirs.Mapping.HostIp ?? IpAddress.Any(family) };
                if (config.Mappings.FirstOrDefault(m => m.IsOf(family) && m.Collides(mapping)) is { } taken)
                {
                    throw new CniException(
                        CniErrorCode.Conflict,
                        $"host port {taken} is taken by another container",
                        $"{comment} maps it to {theirs.Container}; remove that container, or use another host port");
                }
            }
        }

        return stale;
    }
}
