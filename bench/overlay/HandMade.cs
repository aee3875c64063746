using System.Diagnostics;

namespace Podwire.OverlayBench;

/// <summary>The same ways as the back ends', made by hand with ip(8), as flanneld makes them.</summary>
internal static class HandMade
{
    /// <summary>Makes it on both nodes; returns what ends it.</summary>
    public static Action Make(Lab lab, string binaries, string backend) => backend switch
    {
        "host-gw" => HostGw(lab),
        "vxlan" => Vxlan(lab),
        "ipip" => Ipip(lab),
        "udp" => Udp(lab, binaries),
        _ => throw new ArgumentException($"no back end {backend}"),
    };

    private static Action HostGw(Lab lab)
    {
        foreach (var (own, other) in Pairs)
        {
            lab.Ip($"n{own}", $"route add 10.244.{other}.0/24 via 10.89.0.1{other} dev eth0");
        }

        return () =>
        {
            foreach (var (own, other) in Pairs)
            {
                lab.Ip($"n{own}", $"route del 10.244.{other}.0/24");
            }
        };
    }

    private static Action Vxlan(Lab lab)
    {
        foreach (var (own, other) in Pairs)
        {
            lab.Ip($"n{own}", $"link add flannel.1 address 0a:00:00:00:00:0{own} mtu 1450 type vxlan id 1 local 10.89.0.1{own} dev eth0 dstport 8472 nolearning");
            lab.Ip($"n{own}", $"address add 10.244.{own}.0/32 dev flannel.1");
            lab.Ip($"n{own}", "link set flannel.1 up");
            lab.Ip($"n{own}", $"neigh add 10.244.{other}.0 lladdr 0a:00:00:00:00:0{other} nud permanent dev flannel.1");
            lab.Bridge($"n{own}", $"fdb append 0a:00:00:00:00:0{other} dev flannel.1 dst 10.89.0.1{other}");
            lab.Ip($"n{own}", $"route add 10.244.{other}.0/24 via 10.244.{other}.0 dev flannel.1 onlink");
        }

        return () => Remove(lab, "flannel.1");
    }

    private static Action Ipip(Lab lab)
    {
        foreach (var (own, other) in Pairs)
        {
            lab.Ip($"n{own}", $"link add flannel.ipip mtu 1480 type ipip local 10.89.0.1{own}");
            lab.Ip($"n{own}", $"address add 10.244.{own}.0/32 dev flannel.ipip");
            lab.Ip($"n{own}", "link set flannel.ipip up");
            lab.Ip($"n{own}", $"route add 10.244.{other}.0/24 via 10.89.0.1{other} dev flannel.ipip onlink");
        }

        return () => Remove(lab, "flannel.ipip");
    }

    private static Action Udp(Lab lab, string binaries)
    {
        var loops = new List<Process>();
        foreach (var (own, other) in Pairs)
        {
            lab.Ip($"n{own}", "tuntap add flannel0 mode tun");
            lab.Ip($"n{own}", $"address add 10.244.{own}.0/32 dev flannel0");
            lab.Ip($"n{own}", "link set flannel0 mtu 1472 up");
            lab.Ip($"n{own}", "route add 10.244.0.0/16 dev flannel0");
            loops.Add(Tool.Start("ip", lab.Within($"n{own}", Path.Combine(binaries, "tunloop"), "flannel0", $"10.89.0.1{own}", "8285", $"10.244.{other}.0/24", $"10.89.0.1{other}"), ready: true));
        }

        return () =>
        {
            loops.ForEach(Tool.End);
            Remove(lab, "flannel0");
        };
    }

    private static readonly (int Own, int Other)[] Pairs = [(1, 2), (2, 1)];

    private static void Remove(Lab lab, string device)
    {
        foreach (var (own, _) in Pairs)
        {
            lab.Ip($"n{own}", $"link del {device}");
        }
    }
}
