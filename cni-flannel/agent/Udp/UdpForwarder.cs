using Podwire.CniFlannel.Agent.Udp.Interop;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>
/// The udp back end's data path: a thread for each direction between a TUN device and a UDP socket. It works while the process does; the device
/// with its addresses and routes outlives a killed process, so that the next one goes on with it.
/// </summary>
internal sealed class UdpForwarder : IDisposable
{
    private readonly TunQueue tun;
    private readonly UdpTunnelSocket socket;
    private readonly IcmpSender errors;
    private readonly TunToNodes outward;
    private readonly NodesToTun inward;
    private readonly Descriptor stop = Libc.CreateEvent();
    private readonly Action<string> failed;
    private readonly Thread[] threads;
    private volatile bool stopping;

    private UdpForwarder(UdpEndpoint endpoint, TunQueue tun, UdpTunnelSocket socket, IcmpSender errors, Action<string> failed)
    {
        Endpoint = endpoint;
        this.tun = tun;
        this.socket = socket;
        this.failed = failed;
        this.errors = errors;
        outward = new TunToNodes(tun, socket, endpoint.Port, errors);
        inward = new NodesToTun(socket, tun);
        threads = [Begin("flannel-out", Outward), Begin("flannel-in", Inward)];
    }

    /// <summary>Where it works.</summary>
    public UdpEndpoint Endpoint { get; }

    /// <summary>False after a thread ended by itself: the device was deleted, say.</summary>
    public bool IsRunning { get; private set; } = true;

    /// <summary>Pods to nodes.</summary>
    public ForwardCounters Outbound => outward.Counters;

    /// <summary>Nodes to pods.</summary>
    public ForwardCounters Inbound => inward.Counters;

    /// <summary>Opens device and socket and begins to forward; nothing is known of other nodes yet.</summary>
    /// <param name="endpoint">Where.</param>
    /// <param name="target">The namespace; null for this process's own.</param>
    /// <param name="failed">Called with the reason when a direction ends by itself.</param>
    /// <exception cref="SyscallException">The device or the port cannot be had.</exception>
    public static UdpForwarder Start(UdpEndpoint endpoint, NetNamespace? target, Action<string> failed)
    {
        var socket = UdpTunnelSocket.Open(endpoint.Local, endpoint.Port, target);
        try
        {
            return new UdpForwarder(endpoint, TunQueue.Open(endpoint.Device, target), socket, new IcmpSender((uint)endpoint.PodAddress.Value, target), failed);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Where packets go from now on.</summary>
    public void Use(SubnetTable subnets) => outward.Use(subnets);

    /// <summary>Ends; the device goes too, as it does with flanneld.</summary>
    public void Dispose()
    {
        stopping = true;
        Libc.SignalEvent(stop);
        socket.EndReceiving();
        foreach (var thread in threads)
        {
            thread.Join();
        }

        tun.Release();
        tun.Dispose();
        socket.Dispose();
        outward.Dispose();
        inward.Dispose();
        errors.Dispose();
        stop.Dispose();
    }

    private Thread Begin(string name, Action work)
    {
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (SyscallException e)
            {
                IsRunning = false;
                if (!stopping)
                {
                    failed(e.Message);
                }
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return thread;
    }

    private void Outward()
    {
        while (!stopping)
        {
            if (!outward.Step())
            {
                tun.WaitReadable(stop);
            }
        }
    }

    private void Inward()
    {
        while (!stopping)
        {
            inward.Step(wait: true);
        }
    }
}
