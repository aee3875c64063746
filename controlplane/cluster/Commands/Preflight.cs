using System.Net;
using System.Net.Sockets;
using Podwire.Cluster.Interop;
using Podwire.Cluster.Nodes;
using Podwire.Netlink;
using Podwire.Netlink.IpSet;
using Podwire.Netlink.Ipvs;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Cluster.Commands;

/// <summary>All that can be known to go wrong is found here, before anything is made.</summary>
internal static class Preflight
{
    /// <summary>Refuses what this build does not serve and what this machine cannot give.</summary>
    /// <exception cref="ClusterException">With the one line to show.</exception>
    public static void Check(ClusterPaths paths, UpOptions options)
    {
        RequireRoot("up");
        if (options.Nodes is < 1 or > Underlay.MostNodes)
        {
            throw new ClusterException($"--nodes takes 1 to {Underlay.MostNodes}, not {options.Nodes}");
        }

        if (options.ApiPort is < 1 or > 65535)
        {
            throw new ClusterException($"--api-port takes 1 to 65535, not {options.ApiPort}");
        }

        CheckMode("--network", options.Network, ["flannel-vxlan", "flannel-host-gw", "flannel-udp", "flannel-ipip", "calico-bgp", "calico-rr", "calico-vxlan", "calico-ipip"]);
        CheckNetworkKernel(options.Network);
        CheckMode("--proxy", options.Proxy, ["nftables", "iptables", "ipvs"]);
        CheckProxyKernel(options.Proxy);
        if (options.Proxy == "iptables")
        {
            RequireCommand("iptables-restore", "--proxy iptables", "iptables");
        }

        CheckMode("--netpolicy", options.NetPolicy, ["nftables", "iptables", "none"]);
        if (options.NetPolicy == "iptables")
        {
            RequireCommand("iptables-restore", "--netpolicy iptables", "iptables");
        }

        foreach (var program in (string[])["podwire", "podwire-apiserver", "podwire-kubelet", CalicoNetwork.IsCalico(options.Network) ? "podwire-calico" : "podwire-flannel", "podwire-proxy", "podwire-netpolicy", "podwire-echo"])
        {
            RequireFile(paths.Program(program));
        }

        foreach (var plugin in CalicoNetwork.IsCalico(options.Network) ? (string[])["loopback", "calico", "calico-ipam", "portmap", "podwire-policy"] : ["bridge", "host-local", "loopback", "flannel", "podwire-policy"])
        {
            RequireFile(Path.Combine(paths.Cni, plugin));
        }
    }

    /// <summary>Takes the API server's socket on the machine's loopback.</summary>
    /// <exception cref="ClusterException">The port is in use.</exception>
    public static Socket Listen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(512);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new ClusterException($"127.0.0.1:{port} cannot be had for the API server ({e.SocketErrorCode}); end what listens there or choose another port: make up API_PORT={port + 1}");
        }
    }

    /// <summary>Refuses anyone but root, who alone may make namespaces.</summary>
    public static void RequireRoot(string command)
    {
        if (Libc.geteuid() != 0)
        {
            throw new ClusterException($"'podwire {command}' needs root, to make and enter network namespaces: run it with sudo");
        }
    }

    /// <summary>Refuses a back end whose kernel module is not there. The kernel loads it, if it can, when the first such device is made: so one is made.</summary>
    private static void CheckNetworkKernel(string network)
    {
        if (network == "flannel-udp" && !File.Exists("/dev/net/tun"))
        {
            throw new ClusterException("--network flannel-udp needs /dev/net/tun: load the kernel module tun (modprobe tun), or choose flannel-vxlan or flannel-host-gw");
        }

        if (network is "flannel-ipip" or "calico-ipip" && !HasIpip())
        {
            throw new ClusterException($"--network {network} needs the kernel module ipip, which this kernel lacks (User Mode Linux has it): load it (modprobe ipip), or choose a network without it, such as flannel-vxlan or calico-bgp");
        }
    }

    private static bool HasIpip() => ScratchNamespace.Run(static () =>
    {
        using var route = RouteSocket.Open();
        try
        {
            route.AddLink(new IpipSpec("probe", new IpipAttributes()));
            return true;
        }
        catch (NetlinkException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            return false;
        }
    });

    /// <summary>Refuses the proxy's mode ipvs where the kernel has no IPVS or no dummy interfaces, or the machine no iptables.</summary>
    private static void CheckProxyKernel(string proxy)
    {
        if (proxy != "ipvs")
        {
            return;
        }

        var missing = ScratchNamespace.Run(static () =>
        {
            if (!IpvsSocket.TryOpen(out var ipvs))
            {
                return IpvsSocket.Module;
            }

            ipvs.Dispose();
            using var sets = IpSetSocket.Open();
            if (sets.GetProtocol() is null)
            {
                return "ip_set";
            }

            using var route = RouteSocket.Open();
            try
            {
                route.AddLink(new DummySpec("probe"));
                return null;
            }
            catch (NetlinkException e) when (e.Errno == Errno.EOPNOTSUPP)
            {
                return DummySpec.KindName;
            }
        });
        if (missing is not null)
        {
            throw new ClusterException($"--proxy ipvs needs the kernel module {missing}, which this kernel lacks (Debian's linux-image-amd64 and User Mode Linux have it): load it (modprobe {missing}), or choose nftables");
        }

        if (!File.Exists("/usr/sbin/iptables-restore") && !File.Exists("/sbin/iptables-restore"))
        {
            throw new ClusterException("--proxy ipvs needs iptables-restore (Debian's package iptables), or choose nftables");
        }
    }

    private static void CheckMode(string flag, string value, string[] served)
    {
        if (!served.Contains(value))
        {
            throw new ClusterException($"{flag} takes {string.Join(" or ", served)}, not '{value}'");
        }
    }

    /// <summary>The daemons look in these folders too, whatever PATH they are given.</summary>
    private static void RequireCommand(string name, string wantedBy, string package)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Concat(["/usr/sbin", "/sbin"]);
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, name))))
        {
            throw new ClusterException($"{wantedBy} needs {name}, which is not installed: apt-get install {package}");
        }
    }

    private static void RequireFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new ClusterException($"{path} is missing: run 'make build'");
        }
    }
}
