using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bandwidth;

/// <summary>
/// The chained plugin bandwidth: limits a container's traffic by token buckets. What goes to the container waits at the host's end of
/// its veth pair; what it sends is redirected to an IFB and waits there.
/// </summary>
public sealed class BandwidthPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "bandwidth";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = BandwidthConfig.Parse(call.Config);
        var previous = ContainerCheck.Chained(call);
        return config.IsEmpty ? previous : KernelErrors.Translate(() =>
        {
            using var host = RouteSocket.Open();
            var veth = HostEnd(call, previous, host);
            using var undo = new UndoJournal();
            if (config.Ingress is { } ingress)
            {
                Shape(host, veth, ingress, "ingressRate", undo);
            }

            var result = previous;
            if (config.Egress is { } egress)
            {
                var ifb = new IfbDevice(call.Config.Name, call.Attachment).Create(host, veth.Mtu, undo);
                Shape(host, ifb, egress, "egressRate", undo);
                Redirect(host, veth, ifb, undo);
                result = previous with { Interfaces = [.. previous.Interfaces, new() { Name = ifb.Name, Mac = (ifb.Mac ?? default(MacAddress)).ToString(), Mtu = ifb.Mtu }] };
            }

            undo.Commit();
            return result;
        });
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);

        // What hangs at the veth goes with it; the plugin that made it removes it next.
        KernelErrors.Translate(() =>
        {
            using var host = RouteSocket.Open();
            new IfbDevice(call.Config.Name, call.Attachment).Remove(host);
        });
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = BandwidthConfig.Parse(call.Config);
        var previous = ContainerCheck.Chained(call);
        if (config.IsEmpty)
        {
            return;
        }

        KernelErrors.Translate(() =>
        {
            using var host = RouteSocket.Open();
            var veth = HostEnd(call, previous, host);
            if (config.Ingress is { } ingress)
            {
                CheckBucket(host, veth, ingress);
            }

            if (config.Egress is { } egress)
            {
                var ifb = new IfbDevice(call.Config.Name, call.Attachment).Find(host) ?? throw ContainerCheck.Differs("the IFB for what the container sends is gone");
                ContainerCheck.Require(ifb.IsUp, $"{ifb.Name} is down");
                CheckBucket(host, ifb, egress);
                var redirects = host.ListQdiscs(veth.Index).Exists(q => q.Handle == TrafficHandle.Ingress) ? host.ListRedirects(veth.Index, TrafficHandle.Ingress) : [];
                ContainerCheck.Require(redirects.Exists(r => r.TargetIndex == ifb.Index), $"{veth.Name} does not redirect what the container sends to {ifb.Name}");
            }
        });
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var network = call.Config.Name;
        var valid = call.ValidAttachments.Select(a => new IfbDevice(network, a).Alias).ToHashSet(StringComparer.Ordinal);
        KernelErrors.Translate(() =>
        {
            using var host = RouteSocket.Open();
            foreach (var link in host.ListLinks().Where(l => l.Kind == IfbSpec.KindName && OwnerTag.IsOf(network, l.Alias) && !valid.Contains(l.Alias!)))
            {
                host.DeleteLink(link.Index);
            }
        });
    }

    /// <summary>Fails with code 50 if the kernel has no token buckets or no IFB.</summary>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = BandwidthConfig.Parse(call.Config);
        KernelErrors.Translate(() =>
        {
            if (!KernelFeature.HasTokenBucket())
            {
                throw new CniException(CniErrorCode.PluginNotAvailable, "bandwidth needs a kernel with CONFIG_NET_SCH_TBF, which this one does not have");
            }

            // Without limits in the configuration they come with the container: either direction may be asked for then.
            if ((config.IsEmpty || config.Egress is not null) && !KernelFeature.HasIfb())
            {
                throw new CniException(CniErrorCode.PluginNotAvailable, "bandwidth needs a kernel with CONFIG_IFB, which this one does not have");
            }
        });
    }

    /// <summary>The host's end of the container's pair: the peer of CNI_IFNAME, and one of the previous result's.</summary>
    private static Link HostEnd(PluginCall call, CniResult previous, RouteSocket host)
    {
        using var target = NetNamespace.Open(call.NetNs!);
        using var inside = RouteSocket.Open(target);
        var link = inside.GetLink(call.IfName) ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, $"the container has no interface {call.IfName}");
        if (link.Kind != "veth")
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, $"{call.IfName} is no veth, so its traffic cannot be limited here", $"its kind is {link.Kind}");
        }

        return previous.Interfaces
            .Where(i => i.Sandbox.Length == 0)
            .Select(i => host.GetLink(i.Name))
            .FirstOrDefault(l => l is not null && l.Kind == "veth" && l.Index == link.ParentIndex && l.ParentIndex == link.Index)
            ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, $"none of the interfaces of \"prevResult\" is the host's end of {call.IfName}");
    }

    private static void Shape(RouteSocket host, Link link, TokenBucket bucket, string key, UndoJournal undo)
    {
        var qdisc = QdiscEntry.TokenBucket(link.Index, bucket);
        var present = host.ListQdiscs(link.Index).Find(q => q.Parent == TrafficHandle.Root && q.Handle != TrafficHandle.None);
        if (present is not null && (present.Handle != qdisc.Handle || present.Bucket is null))
        {
            throw new CniException(CniErrorCode.Conflict, $"{link.Name} has a queueing discipline that is not ours", present.ToString());
        }

        try
        {
            // Replacing is for an ADD that is tried again.
            host.EnsureQdisc(qdisc);
        }
        catch (NetlinkException e) when (e.Errno == Errno.ENOENT)
        {
            throw KernelFeature.Missing(key, "CONFIG_NET_SCH_TBF");
        }

        undo.Push(() => host.DeleteQdisc(qdisc));
    }

    private static void Redirect(RouteSocket host, Link veth, Link ifb, UndoJournal undo)
    {
        var ingress = QdiscEntry.Ingress(veth.Index);
        var foreign = host.ListQdiscs(veth.Index).Find(q => q.Handle == TrafficHandle.Ingress);
        if (foreign is not null)
        {
            // An ADD that is tried again finds its own, which led to the IFB that was just replaced.
            if (foreign.Kind != ingress.Kind || host.ListRedirects(veth.Index, TrafficHandle.Ingress).Any(r => r.TargetIndex > 0 && host.GetLink(r.TargetIndex) is { } other && other.Index != ifb.Index))
            {
                throw new CniException(CniErrorCode.Conflict, $"{veth.Name} has filters of incoming traffic that are not ours", foreign.ToString());
            }

            host.DeleteQdisc(ingress);
        }

        host.AddQdisc(ingress);
        undo.Push(() => host.DeleteQdisc(ingress));
        try
        {
            host.AddRedirect(new RedirectFilter(veth.Index, ifb.Index));
        }
        catch (NetlinkException e) when (e.Errno == Errno.ENOENT)
        {
            throw KernelFeature.Missing("egressRate", "CONFIG_NET_CLS_U32 and CONFIG_NET_ACT_MIRRED");
        }
    }

    private static void CheckBucket(RouteSocket host, Link link, TokenBucket wanted)
    {
        var bucket = host.ListQdiscs(link.Index).Find(q => q.Parent == TrafficHandle.Root && q.Bucket is not null)?.Bucket
            ?? throw ContainerCheck.Differs($"{link.Name} has no token bucket");
        ContainerCheck.Require(bucket.Rate == wanted.Rate, $"{link.Name} is limited to {bucket.Rate} bytes per second, not {wanted.Rate}");
        ContainerCheck.Require(bucket.Buffer == wanted.Buffer, $"{link.Name} has a bucket of {bucket.Buffer} ticks, not {wanted.Buffer}");
        ContainerCheck.Require(bucket.Limit == wanted.Limit, $"{link.Name} has a queue of {bucket.Limit} bytes, not {wanted.Limit}");
    }
}
