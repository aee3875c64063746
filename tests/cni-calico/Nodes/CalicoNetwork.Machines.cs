using System.Net;
using System.Net.Sockets;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <content>Machines on the nodes' link that are no nodes, and what most tests say of objects.</content>
internal sealed partial class CalicoNetwork
{
    private readonly List<IDisposable> machines = [];

    public int Count => nodes.Count;

    /// <summary>A router of another operator on the nodes' link, 10.89.0.<paramref name="host"/>, with a client behind it; bird runs in it.</summary>
    public Gateway Gateway(int host)
    {
        var gateway = new Gateway($"{Prefix}-g{host}", host, underlay);
        machines.Add(gateway);
        return gateway;
    }

    /// <summary>Changes an object of the API server's as it is now.</summary>
    public async Task ChangeAsync<T>(KubeResource<T> resource, string name, Action<T> change, string? ns = null)
        where T : class, IKubeObject
    {
        while (true)
        {
            var value = await Api.Client.GetAsync(resource, ns, name, TestApi.Cancel);
            change(value);
            try
            {
                await Api.Client.UpdateAsync(resource, value, TestApi.Cancel);
                return;
            }
            catch (KubeApiException e) when (e.IsConflict)
            {
                // The agents write too.
            }
        }
    }

    /// <summary>A connection from a client to an address; the local address of who took it, or the problem.</summary>
    public static string Connect(NetNamespace from, IpAddress to, int port)
    {
        using var client = from.Run(() => new Socket(to.IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 1000 });
        try
        {
            if (!client.ConnectAsync(new IPEndPoint(to.ToIPAddress(), port)).Wait(1000))
            {
                return "no connection within a second";
            }

            var said = new byte[64];
            return System.Text.Encoding.UTF8.GetString(said, 0, client.Receive(said));
        }
        catch (Exception e) when (e is AggregateException or SocketException)
        {
            return e.GetBaseException().Message;
        }
    }

    /// <summary>What a kubelet tells of a pod that runs.</summary>
    public async Task ChangeStatusAsync(string pod, IpAddress address)
    {
        var value = await Api.Client.GetAsync(KubeResources.Pods, "default", pod, TestApi.Cancel);
        value.Status = new PodStatus { Phase = "Running", PodIP = address.ToString(), PodIPs = [new PodIP { Ip = address.ToString() }] };
        await Api.Client.UpdateStatusAsync(KubeResources.Pods, value, TestApi.Cancel);
    }
}
