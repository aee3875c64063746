using Podwire.CniFlannel.Agent.Compile;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>
/// Which IPv4 routes name a next hop that stands by itself. The kernel compares a new route's own next hop with those of all others over the same interface, one
/// by one (net/ipv4/fib_semantics.c, fib_find_info: the gateway is not in the hash), so thousands of nodes would cost it the square of their number.
/// Small networks, and back ends whose gateways are on the underlay, keep the plain routes that flanneld makes. The number is the gateway's address: nothing has to be remembered.
/// Thread-safe.
/// </summary>
internal sealed class NextHopUse
{
    /// <summary>So many routes stay plain.</summary>
    public const int Plain = 256;

    private readonly Lock gate = new();
    private readonly HashSet<uint> held = [];
    private int count;
    private bool possible;

    /// <summary>The gateway that a number stands for.</summary>
    public static IpAddress GatewayOf(uint id) => IpAddress.FromV4(id);

    /// <summary>True for a next hop that this agent made.</summary>
    public static bool IsOurs(NextHopEntry hop) => hop.Gateway.IsV4 && hop.Gateway == GatewayOf(hop.Id);

    /// <summary>Takes in what the kernel holds before a change.</summary>
    /// <param name="devices">The devices that are there.</param>
    /// <param name="routes">How many routes there shall be.</param>
    /// <param name="isPossible">Whether the kernel has such next hops.</param>
    public void Adopt(IEnumerable<DeviceState> devices, int routes, bool isPossible)
    {
        lock (gate)
        {
            held.Clear();
            count = routes;
            possible = isPossible;
            foreach (var device in devices)
            {
                foreach (var hop in device.NextHops)
                {
                    held.Add(hop.Id);
                }
            }
        }
    }

    /// <summary>Takes in what is about to be changed.</summary>
    public void Take(OverlayChanges changes)
    {
        lock (gate)
        {
            foreach (var id in changes.RemovedNextHops)
            {
                held.Remove(id);
            }

            foreach (var peer in changes.Peers)
            {
                if (peer.NextHop is { } hop)
                {
                    held.Add(hop.Id);
                }
            }
        }
    }

    /// <summary>True if the kernel holds it for us.</summary>
    public bool Has(uint id)
    {
        lock (gate)
        {
            return held.Contains(id);
        }
    }

    /// <summary>How many routes there are from now on.</summary>
    public void Resize(int routes)
    {
        lock (gate)
        {
            count = routes;
        }
    }

    /// <summary>The number of the next hop that the kernel's route names; 0 for a plain route.</summary>
    public uint Held(PodRoute route) => IdOf(route) is var id && Has(id) ? id : 0;

    /// <summary>The number of the next hop that a new route is to name; 0 for a plain route.</summary>
    public uint Wanted(PodRoute route)
    {
        lock (gate)
        {
            return possible && count > Plain ? IdOf(route) : 0;
        }
    }

    private static uint IdOf(PodRoute route) => route is { Device: not null, Gateway: { IsV4: true } gateway } && gateway == route.Destination.First ? (uint)gateway.Value : 0;
}
