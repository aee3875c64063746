using Podwire.Netlink;
using Podwire.Netlink.Ipvs;
using Podwire.Netlink.IpSet;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Proxy.Compile.Ipvs;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Apply.Ipvs;

/// <summary>What mode IPVS needs of a kernel, asked of the kernel itself before anything is changed.</summary>
internal static class IpvsPrerequisites
{
    // Of a network kept for documentation (RFC 5737), as kube-proxy's own probe: nobody's Service.
    private static readonly IpvsServiceKey Probe = new(IpProtocol.Tcp, IpAddress.FromV4(0xC6336400), 20000);

    /// <summary>Says what is missing in a namespace for a scheduler; null if nothing is.</summary>
    public static string? Missing(NetNamespace ns, string scheduler)
    {
        if (!IpvsSocket.TryOpen(ns, out var ipvs))
        {
            return Text("mode ipvs needs the kernel module ip_vs, which this kernel has not loaded", "ip_vs");
        }

        using (ipvs)
        {
            if (ProbeScheduler(ipvs, scheduler) is { } lack)
            {
                return lack;
            }
        }

        using var sets = IpSetSocket.Open(ns);
        if (sets.GetProtocol() is null)
        {
            return Text("mode ipvs needs the kernel module ip_set, which this kernel has not loaded", "ip_set");
        }

        foreach (var set in KubeIpSets.All)
        {
            if (!sets.Supports(KubeIpSets.SpecOf(set, IpFamily.V4).Type))
            {
                var type = Ruleset.IpSets.IpSetTypes.Name(KubeIpSets.SpecOf(set, IpFamily.V4).Type);
                return Text($"mode ipvs needs ipsets of type {type} (kernel module ip_set_{type.Replace(":", "_", StringComparison.Ordinal).Replace(",", string.Empty, StringComparison.Ordinal)})", "ip_set");
            }
        }

        using var route = RouteSocket.Open(ns);
        return HasDummy(route) ? null : Text("mode ipvs needs dummy interfaces (kernel module dummy), which this kernel lacks", "dummy");
    }

    private static string? ProbeScheduler(IpvsSocket ipvs, string scheduler)
    {
        if (ipvs.ListServices().Exists(service => service.Scheduler == scheduler))
        {
            return null;
        }

        var batch = ipvs.NewBatch();
        batch.AddService(new() { Key = Probe, Scheduler = scheduler });
        var refused = ipvs.TryExecute(batch);
        if (refused.Count > 0 && refused[0].Errno == Errno.ENOENT)
        {
            return Text($"the IPVS scheduler {scheduler} needs the kernel module ip_vs_{scheduler}, which this kernel lacks", $"ip_vs_{scheduler}");
        }

        batch = ipvs.NewBatch();
        batch.DeleteService(Probe);
        _ = ipvs.TryExecute(batch);
        return null;
    }

    private static bool HasDummy(RouteSocket route)
    {
        if (route.GetLink(IpvsKernel.Device) is not null)
        {
            return true;
        }

        try
        {
            route.AddLink(new DummySpec(IpvsKernel.Device));
            route.DeleteLink(IpvsKernel.Device);
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.EOPNOTSUPP or Errno.ENOTSUPP)
        {
            return false;
        }
    }

    private static string Text(string lack, string module) => $"{lack}: Debian's linux-image-amd64 and linux-image-cloud-amd64 have it (modprobe {module}); use --proxy-mode=nftables on this kernel";
}
