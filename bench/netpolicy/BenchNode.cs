using System.Net;
using System.Net.Sockets;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;

namespace Podwire.NetPolicyBench;

/// <summary>A node in a namespace of its own, with a client (10.244.9.2) and a server (10.244.8.2) behind it.</summary>
internal sealed class BenchNode : IDisposable
{
    private readonly string prefix = $"polbench-{Environment.ProcessId}-";
    private readonly Dictionary<string, NetNamespace> namespaces = [];

    public BenchNode()
    {
        foreach (var name in (string[])["node", "client", "server"])
        {
            namespaces[name] = NetNamespace.Create($"/run/netns/{prefix}{name}");
        }

        Shell.Run(null, $"""
            set -e
            ip netns exec {prefix}node sysctl -qw net.ipv4.ip_forward=1
            for one in client:9 server:8; do
              name=$(echo $one | cut -d: -f1) net=$(echo $one | cut -d: -f2)
              ip -n {prefix}node link add $name type veth peer name eth0 netns {prefix}$name
              ip -n {prefix}node addr add 10.244.$net.1/24 dev $name
              ip -n {prefix}node link set $name up
              ip -n {prefix}$name addr add 10.244.$net.2/24 dev eth0
              ip -n {prefix}$name link set eth0 up
              ip -n {prefix}$name link set lo up
              ip -n {prefix}$name route add default via 10.244.$net.1
            done
            ip -n {prefix}node link set lo up
            """);
    }

    public string Name => prefix + "node";

    public NetNamespace this[string name] => namespaces[name];

    public NftSocket OpenNft() => this["node"].Run(NftSocket.Open);

    public string Run(string command, string? input = null) => Shell.Run(Name, command, input);

    /// <summary>A listener in the server's namespace that accepts and drops connections on a thread of its own.</summary>
    public Socket Listen(int port)
    {
        var listener = this["server"].Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(4096);
            return socket;
        });
        new Thread(() =>
        {
            try
            {
                while (true)
                {
                    listener.Accept().Dispose();
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The row is over.
            }
        })
        { IsBackground = true }.Start();
        return listener;
    }

    public void Dispose()
    {
        foreach (var (name, ns) in namespaces)
        {
            ns.Dispose();
            NetNamespace.Delete($"/run/netns/{prefix}{name}");
        }
    }
}
