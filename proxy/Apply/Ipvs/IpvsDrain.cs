using Microsoft.Extensions.Logging;
using Podwire.Netlink.Ipvs;
using Podwire.Primitives;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Apply.Ipvs;

/// <summary>
/// Graceful removal: a destination that is to go gets weight 0, keeps its connections, and is removed when it has none left. UDP and SCTP
/// are removed at once: their clients go on sending for ever, and with expire_nodest_conn the next datagram is directed anew.
/// </summary>
internal sealed class IpvsDrain(ILogger logger)
{
    private readonly Dictionary<IpvsServiceKey, HashSet<IpvsDestination>> draining = [];

    /// <summary>True if some destination has connections that are waited for.</summary>
    public bool IsActive => draining.Count > 0;

    /// <summary>True if destinations of the protocol are removed at once.</summary>
    public static bool IsAtOnce(IpProtocol protocol) => protocol != IpProtocol.Tcp;

    /// <summary>Weight 0 was set, or found.</summary>
    public void Add(IpvsServiceKey service, IpvsDestination destination)
    {
        if (!draining.TryGetValue(service, out var destinations))
        {
            draining[service] = destinations = [];
        }

        destinations.Add(destination with { Weight = 0 });
    }

    /// <summary>The destination is wanted again; true if it was on its way out, and is still there.</summary>
    public bool Revive(IpvsServiceKey service, IpvsDestination destination) => draining.TryGetValue(service, out var destinations) && Remove(service, destinations, destination);

    /// <summary>The service is gone, and its destinations with it.</summary>
    public void Forget(IpvsServiceKey service) => draining.Remove(service);

    /// <summary>Forgets all: they are read anew.</summary>
    public void Clear() => draining.Clear();

    /// <summary>Removes those that have no connection left: one look at each service that has any.</summary>
    /// <returns>How many were removed.</returns>
    public int Collect(IpvsSocket ipvs)
    {
        var removed = 0;
        foreach (var (service, destinations) in draining.ToArray())
        {
            var batch = ipvs.NewBatch();
            var gone = new List<IpvsDestination>();
            var present = ipvs.ListDestinations(service).ToDictionary(static status => (status.Destination.Address, status.Destination.Port));
            foreach (var destination in destinations)
            {
                if (!present.TryGetValue((destination.Address, destination.Port), out var status) || status.Destination.Weight != 0)
                {
                    gone.Add(destination);
                }
                else if (!status.HasConnections)
                {
                    batch.DeleteDestination(service, destination);
                    gone.Add(destination);
                    IpvsLog.Drained(logger, destination.ToString(), service.ToString());
                    removed++;
                }
            }

            _ = ipvs.TryExecute(batch);
            gone.ForEach(destination => Remove(service, destinations, destination));
        }

        return removed;
    }

    private bool Remove(IpvsServiceKey service, HashSet<IpvsDestination> destinations, IpvsDestination destination)
    {
        var found = destinations.Remove(destination with { Weight = 0 });
        if (destinations.Count == 0)
        {
            draining.Remove(service);
        }

        return found;
    }
}
