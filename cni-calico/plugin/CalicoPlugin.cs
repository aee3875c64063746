using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniCalico.Plugin;

/// <summary>
/// The plugin calico: a veth pair with single addresses at the pod's end and a route to each of them at the node's. There is no bridge and no
/// network in common: the pod reaches everything through the node, which routes.
/// </summary>
public sealed class CalicoPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "calico";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var conf = CalicoConf.Parse(call.Config);
        if (call.Config.IpamType.Length == 0)
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "calico needs addresses: \"ipam\" has no \"type\"");
        }

        var lease = new Lease(call);
        try
        {
            return KernelErrors.Translate(() => Attach(call, conf, lease));
        }
        catch
        {
            if (lease.Ended())
            {
                TryRelease(call);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            KernelErrors.Translate(() =>
            {
                using var host = RouteSocket.Open();
                if (!HostEnd.Of(call).Remove(host))
                {
                    RemoveFromWithin(call);
                }

                return true;
            });
        }
        finally
        {
            // Last, when nothing can use the address any more.
            if (call.Config.IpamType.Length > 0)
            {
                call.Delegates.Invoke(CniCommand.Del, call.Config.IpamType, call);
            }
        }
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var previous = call.Config.PrevResult ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "CHECK needs \"prevResult\"");
        call.Delegates.Invoke(CniCommand.Check, call.Config.IpamType, call);
        KernelErrors.Translate(() => Compare(call, previous));
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var network = call.Config.Name;
        var valid = new HashSet<string>(StringComparer.Ordinal);
        foreach (var attachment in call.ValidAttachments)
        {
            valid.Add(HostEnd.AliasOf(network, attachment.ContainerId, attachment.IfName));
        }

        KernelErrors.Translate(() =>
        {
            using var host = RouteSocket.Open();
            foreach (var link in host.ListLinks())
            {
                if (HostEnd.BelongsTo(network, link) && !valid.Contains(link.Alias!))
                {
                    host.DeleteLink(link.Index);
                }
            }

            return true;
        });
        call.Delegates.Invoke(CniCommand.Gc, call.Config.IpamType, call);
    }

    /// <inheritdoc/>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        _ = CalicoConf.Parse(call.Config);
        call.Delegates.Invoke(CniCommand.Status, call.Config.IpamType, call);
    }

    private static CniResult Attach(PluginCall call, CalicoConf conf, Lease lease)
    {
        var end = HostEnd.Of(call);
        using var target = NetNamespace.Open(call.NetNs!);
        using var host = RouteSocket.Open();
        var mtu = conf.Mtu > 0 ? conf.Mtu : ReadMtu();
        AddPair(host, end, new VethSpec(end.Name, call.IfName) { Mac = HostEnd.Mac, Mtu = mtu, PeerMtu = mtu, PeerNamespace = target }, target);
        try
        {
            var leased = lease.Result();
            var ips = new List<CniIp>();
            foreach (var ip in leased.Ips)
            {
                ips.Add(new CniIp { Address = IpPrefix.Host(ip.Address.Address), Interface = 1 });
            }

            end.SetSwitches(PodEnd.Has(ips, IpFamily.V4), PodEnd.Has(ips, IpFamily.V6));
            var inside = PodEnd.Configure(target, call.IfName, ips);
            var outside = host.GetLink(end.Name) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{end.Name} was removed while it was being set up");
            host.Execute(HostSide(outside.Index, inside, ips));
            return leased with
            {
                Ips = ips,
                Dns = call.Config.Dns.IsEmpty ? leased.Dns : call.Config.Dns,
                Interfaces =
                [
                    new() { Name = outside.Name, Mac = HostEnd.Mac.ToString(), Mtu = outside.Mtu },
                    new() { Name = inside.Name, Mac = (inside.Mac ?? default(MacAddress)).ToString(), Mtu = inside.Mtu, Sandbox = call.NetNs! },
                ],
            };
        }
        catch
        {
            host.DeleteLink(end.Name);
            throw;
        }
    }

    /// <summary>
    /// What the node needs to reach a pod that is ready, in one message. The end that comes up second sends at once, so that is this one: the first
    /// waits until the kernel gets to it. The neighbour entries save the pod's first packet a question, and its loss a second; they are not
    /// permanent, so that the kernel asks whether they still hold. Routes come in the place of what a pod that is gone left.
    /// </summary>
    private static RouteBatch HostSide(int index, Link inside, List<CniIp> ips)
    {
        var batch = new RouteBatch();
        batch.SetLink(index, new LinkChange { Up = true });
        foreach (var ip in ips)
        {
            if (inside.Mac is { } mac)
            {
                batch.SetNeighbour(new NeighbourEntry(index, ip.Address.Address, mac) { State = NeighbourState.Stale });
            }

            batch.ReplaceRoute(HostRoute(index, ip.Address));
        }

        return batch;
    }

    /// <summary>The pair, and whose it is, in one message: whoever dies after it leaves a link that tells.</summary>
    private static void AddPair(RouteSocket host, HostEnd end, VethSpec pair, NetNamespace target)
    {
        if (host.GetLink(end.Name) is { } left)
        {
            using var inside = RouteSocket.Open(target);
            if (left.Alias != end.Alias && inside.GetLink(pair.PeerName) is not null)
            {
                throw Taken(pair, null);
            }

            // What an ADD that was killed has left, or the last sandbox of the same pod: its time is over, the name is this one's now.
            host.DeleteLink(left.Index);
        }

        var batch = new RouteBatch();
        batch.AddLink(pair);
        batch.SetLink(end.Name, new LinkChange { Alias = end.Alias });
        try
        {
            host.Execute(batch);
        }
        catch (NetlinkException e) when (e.Errno == Errno.EEXIST)
        {
            throw Taken(pair, e);
        }
    }

    private static CniException Taken(VethSpec pair, NetlinkException? refusal) => new(CniErrorCode.Conflict, $"the container has an interface {pair.PeerName} already", inner: refusal);

    private static bool Compare(PluginCall call, CniResult previous)
    {
        using var host = RouteSocket.Open();
        var end = HostEnd.Of(call);
        var outside = host.GetLink(end.Name) ?? throw Differs($"{end.Name} is gone");
        Require(outside.IsUp, $"{end.Name} is down");
        using var target = NetNamespace.Open(call.NetNs!);
        using var within = RouteSocket.Open(target);
        var inside = within.GetLink(call.IfName) ?? throw Differs($"{call.IfName} is gone");
        Require(inside.IsUp, $"{call.IfName} is down");
        var addresses = within.ListAddresses(inside.Index);
        foreach (var ip in previous.Ips)
        {
            Require(addresses.Exists(address => address.Prefix == ip.Address), $"{call.IfName} does not have the address {ip.Address}");
            Require(host.ListRoutes(ip.Address.Family, interfaceIndex: outside.Index).Exists(route => route.Destination == ip.Address), $"the node has no route to {ip.Address} on {end.Name}");
        }

        foreach (var route in PodEnd.Routes(inside.Index, previous.Ips))
        {
            Require(
                within.ListRoutes(route.Destination.Family, interfaceIndex: inside.Index).Exists(there => there.Destination == route.Destination && there.Gateway == route.Gateway),
                $"{call.IfName} does not have the route {route}");
        }

        return true;
    }

    /// <summary>The node's route to a pod.</summary>
    private static RouteEntry HostRoute(int index, IpPrefix address) => new(address) { InterfaceIndex = index, Scope = address.Address.IsV4 ? RouteScope.Link : null };

    /// <summary>A pair whose host end does not have our name, or not this container's: the pod's end leads to it.</summary>
    private static void RemoveFromWithin(PluginCall call)
    {
        if (call.NetNs is null)
        {
            return;
        }

        using var target = NetNamespace.TryOpen(call.NetNs);
        if (target is null)
        {
            return;
        }

        using var inside = RouteSocket.Open(target);
        if (inside.GetLink(call.IfName) is { Kind: "veth" } link)
        {
            inside.DeleteLink(link.Index);
        }
    }

    /// <summary>What the agent says of the pods' MTU; null for the kernel's.</summary>
    private static int? ReadMtu()
    {
        try
        {
            return int.TryParse(File.ReadAllText(CalicoConf.MtuFile), out var mtu) && mtu is >= 576 and <= 65535 ? mtu : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void TryRelease(PluginCall call)
    {
        try
        {
            call.Delegates.Invoke(CniCommand.Del, call.Config.IpamType, call);
        }
        catch (CniException)
        {
            // The failure that led here is the one to tell; the runtime's DEL, or the agent's collector, gives the address back.
        }
    }

    private static void Require(bool holds, string difference)
    {
        if (!holds)
        {
            throw Differs(difference);
        }
    }

    private static CniException Differs(string difference) => new(CniErrorCode.CheckFailed, difference);
}
