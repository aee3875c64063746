using Podwire.Cni;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge;

/// <summary>The plugin loopback: switches <c>lo</c> on in the container's namespace, whatever CNI_IFNAME says.</summary>
public sealed class LoopbackPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "loopback";

    private const string Lo = "lo";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        // Read first: a chained result that cannot be passed on is a failure before anything changes.
        var previous = call.Config.PrevResult;
        return KernelErrors.Translate(() =>
        {
            using var target = NetNamespace.Open(call.NetNs!);
            using var socket = RouteSocket.Open(target);
            socket.SetLink(Lo, new LinkChange { Up = true });
            return previous ?? Describe(socket, call.NetNs!);
        });
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.NetNs is null)
        {
            return;
        }

        KernelErrors.Translate(() =>
        {
            using var target = NetNamespace.TryOpen(call.NetNs);
            if (target is null)
            {
                return;
            }

            using var socket = RouteSocket.Open(target);
            socket.SetLink(Lo, new LinkChange { Up = false });
        });
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        KernelErrors.Translate(() =>
        {
            using var target = NetNamespace.Open(call.NetNs!);
            using var socket = RouteSocket.Open(target);
            if (socket.GetLink(Lo) is not { IsUp: true })
            {
                throw new CniException(CniErrorCode.CheckFailed, $"lo is down in {call.NetNs}");
            }
        });
    }

    /// <summary>Nothing is kept outside the container's namespace, so there is nothing to collect.</summary>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        _ = call.ValidAttachments;
    }

    /// <summary>Always able to serve.</summary>
    public void Status(PluginCall call)
    {
    }

    private static CniResult Describe(RouteSocket socket, string netNs)
    {
        var link = socket.GetLink(Lo)!;
        var addresses = socket.ListAddresses(link.Index);
        addresses.Sort(static (a, b) => a.Prefix.CompareTo(b.Prefix));
        var ips = new List<CniIp>(addresses.Count);
        foreach (var address in addresses)
        {
            if (address.Prefix.Address.IsLoopback)
            {
                ips.Add(new CniIp { Interface = 0, Address = address.Prefix });
            }
        }

        return new CniResult
        {
            Interfaces = [new() { Name = Lo, Mac = (link.Mac ?? default(MacAddress)).ToString(), Mtu = link.Mtu, Sandbox = netNs }],
            Ips = ips,
        };
    }
}
