using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Compile;

/// <content>
/// What this node announces: its blocks, addresses that it has borrowed, and Services. Ranges are announced by every node, the addresses of a Service
/// with externalTrafficPolicy Local by those that have an endpoint.
/// </content>
internal sealed partial class SpeakerCompiler
{
    private SortedSet<IpPrefix> Networks()
    {
        var networks = new SortedSet<IpPrefix>();
        foreach (var block in snapshot.OwnBlocks)
        {
            networks.Add(block);
        }

        foreach (var address in snapshot.Borrowed)
        {
            networks.Add(IpPrefix.Host(address));
        }

        if (!snapshot.Self.Labels.ContainsKey(Excluded))
        {
            var single = snapshot.Bgp.ServiceLoadBalancerAggregation == "Disabled";
            Announce(networks, snapshot.Bgp.ServiceClusterIPs, "serviceClusterIPs", static service => service.ClusterIPs, false);
            Announce(networks, snapshot.Bgp.ServiceExternalIPs, "serviceExternalIPs", static service => service.ExternalIPs, false);
            Announce(networks, snapshot.Bgp.ServiceLoadBalancerIPs, "serviceLoadBalancerIPs", static service => service.LoadBalancerIPs, single);
        }

        return networks;
    }

    private void Announce(SortedSet<IpPrefix> networks, List<BgpCidr> ranges, string field, Func<ServiceRecord, IReadOnlyList<IpAddress>> addressesOf, bool single)
    {
        var read = Ranges(ranges, field);
        foreach (var range in read)
        {
            if (!single)
            {
                networks.Add(range);
            }
        }

        foreach (var service in snapshot.Services)
        {
            if (service.IsLocal ? !service.HasLocalEndpoint : !single)
            {
                continue;
            }

            foreach (var address in addressesOf(service))
            {
                foreach (var range in read)
                {
                    if (range.Contains(address))
                    {
                        networks.Add(IpPrefix.Host(address));
                    }
                }
            }
        }
    }

    private List<IpPrefix> Ranges(List<BgpCidr> ranges, string field)
    {
        var read = new List<IpPrefix>();
        foreach (var range in ranges)
        {
            if (IpPrefix.TryParse(range.Cidr, out var prefix))
            {
                read.Add(prefix.Masked);
            }
            else if (field.Length > 0)
            {
                problems.Add(new Problem("BGPConfiguration", "default", $"spec.{field}: '{range.Cidr}' is not a network"));
            }
        }

        return read;
    }

    /// <summary>Pools whose routes this agent makes itself, into tunnels; Services, whose packets the proxy of every node takes.</summary>
    private List<IpPrefix> Except()
    {
        var except = new List<IpPrefix>();
        foreach (var pool in snapshot.Pools.Pools)
        {
            if (pool.IsTunnelled)
            {
                except.Add(pool.Cidr);
            }
        }

        except.AddRange(ServiceRanges());
        except.Sort();
        return except;
    }

    private IEnumerable<IpPrefix> ServiceRanges() =>
        [.. Ranges(snapshot.Bgp.ServiceClusterIPs, string.Empty), .. Ranges(snapshot.Bgp.ServiceExternalIPs, string.Empty), .. Ranges(snapshot.Bgp.ServiceLoadBalancerIPs, string.Empty)];
}
