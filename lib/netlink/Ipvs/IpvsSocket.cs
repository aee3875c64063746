using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Generic;
using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Ruleset;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Netlink.Ipvs;

/// <summary>
/// The kernel's load balancer (IPVS; linux/ip_vs.h) in the network namespace of the thread that opened the socket. It announces no changes.
/// Needs CAP_NET_ADMIN there. Not safe for use by two threads at once.
/// </summary>
public sealed class IpvsSocket : IDisposable
{
    /// <summary>The module that it needs.</summary>
    public const string Module = "ip_vs";

    private readonly GenericSocket generic;
    private readonly ushort family;

    private IpvsSocket(GenericSocket generic, ushort family) => (this.generic, this.family) = (generic, family);

    private NetlinkSocket Socket => generic.Socket;

    /// <summary>Opens a socket in the calling thread's network namespace; false where the kernel has no IPVS, or its module is not loaded.</summary>
    public static bool TryOpen([NotNullWhen(true)] out IpvsSocket? socket)
    {
        var generic = GenericSocket.Open();
        try
        {
            socket = generic.TryGetFamily(IpVs.IPVS_GENL_NAME, out var family) ? new(generic, family.Id) : null;
        }
        catch
        {
            generic.Dispose();
            throw;
        }

        if (socket is null)
        {
            generic.Dispose();
        }

        return socket is not null;
    }

    /// <summary>As <see cref="TryOpen(out IpvsSocket?)"/> in a namespace; the socket may then be used from any thread.</summary>
    public static bool TryOpen(NetNamespace target, [NotNullWhen(true)] out IpvsSocket? socket)
    {
        ArgumentNullException.ThrowIfNull(target);
        socket = target.Run(static () => TryOpen(out var opened) ? opened : null);
        return socket is not null;
    }

    /// <summary>An empty batch.</summary>
    public IpvsBatch NewBatch() => new(family);

    /// <summary>Sends a batch.</summary>
    /// <returns>The refusals, each naming its object; empty when all went well.</returns>
    public IReadOnlyList<NetlinkException> TryExecute(IpvsBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Socket.TryExecute(batch.Requests);
    }

    /// <summary>As <see cref="TryExecute"/>, throwing the first refusal.</summary>
    /// <exception cref="NetlinkException">The first refusal.</exception>
    public void Execute(IpvsBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Socket.Execute(batch.Requests);
    }

    /// <summary>Every service that goes by address, without its destinations.</summary>
    public List<IpvsService> ListServices()
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        IpvsServiceMessage.EncodeDump(ref writer, family);
        return Socket.Dump<IpvsService>(writer.Written, "list IPVS services", IpvsServiceMessage.TryDecode);
    }

    /// <summary>Every service that goes by address, with its destinations: one request for each service.</summary>
    public List<IpvsService> ListAll() => [.. ListServices().Select(service => service with
    {
        Destinations = ValueList.From(ListDestinations(service.Key).Select(static status => status.Destination)),
    })];

    /// <summary>One service without its destinations, or null.</summary>
    public IpvsService? GetService(IpvsServiceKey key)
    {
        var writer = new NetlinkWriter(stackalloc byte[128]);
        IpvsServiceMessage.EncodeGet(ref writer, family, key);
        return Socket.TryGet<IpvsService>(writer.Written, "get IPVS service", IpvsServiceMessage.TryDecode, out var service, key) ? service : null;
    }

    /// <summary>What a service has counted; null where there is no such service.</summary>
    public IpvsCounters? GetCounters(IpvsServiceKey key)
    {
        var writer = new NetlinkWriter(stackalloc byte[128]);
        IpvsServiceMessage.EncodeGet(ref writer, family, key);
        return Socket.TryGet<IpvsCounters>(writer.Written, "get IPVS service", IpvsServiceMessage.TryDecodeCounters, out var counters, key) ? counters : null;
    }

    /// <summary>The destinations of a service with their connections; none where there is no such service.</summary>
    public List<IpvsDestinationStatus> ListDestinations(IpvsServiceKey service)
    {
        var writer = new NetlinkWriter(stackalloc byte[128]);
        IpvsDestinationMessage.EncodeDump(ref writer, family, service);
        return Socket.Dump(writer.Written, "list destinations", (in NetlinkMessage message, out IpvsDestinationStatus status) =>
            IpvsDestinationMessage.TryDecode(message, service.Address.Family, out status));
    }

    /// <summary>The time-outs.</summary>
    public IpvsTimeouts GetTimeouts()
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        IpvsServiceMessage.Begin(ref writer, family, IpVs.IPVS_CMD_GET_CONFIG);
        writer.EndMessage();
        return Socket.TryGet<IpvsTimeouts>(writer.Written, "get IPVS time-outs", IpvsTimeouts.TryDecode, out var timeouts) ? timeouts : default;
    }

    /// <summary>Changes the time-outs that are not 0.</summary>
    /// <exception cref="NetlinkException">EINVAL: longer than the kernel allows.</exception>
    public void SetTimeouts(IpvsTimeouts timeouts)
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        timeouts.Encode(ref writer, family);
        Socket.Execute(writer.Written, "set IPVS time-outs", timeouts);
    }

    /// <summary>Version and size.</summary>
    public IpvsInfo? GetInfo()
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        IpvsServiceMessage.Begin(ref writer, family, IpVs.IPVS_CMD_GET_INFO);
        writer.EndMessage();
        return Socket.TryGet<IpvsInfo>(writer.Written, "get IPVS information", IpvsInfo.TryDecode, out var info) ? info : null;
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => generic.Dispose();
}
