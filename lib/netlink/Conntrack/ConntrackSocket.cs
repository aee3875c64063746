using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.Netlink.Conntrack;

/// <summary>
/// The connection tracking table over ctnetlink (linux/netfilter/nfnetlink_conntrack.h), in the network namespace of the thread that opened the
/// socket. Needs CAP_NET_ADMIN there. Not safe for use by two threads at once.
/// </summary>
public sealed class ConntrackSocket : IDisposable
{
    private readonly NetlinkSocket socket;

    private readonly bool isBorrowed;

    private ConntrackSocket(NetlinkSocket socket, bool isBorrowed = false) => (this.socket, this.isBorrowed) = (socket, isBorrowed);

    /// <summary>Over a socket of nfnetlink that is open already, such as that of nftables; it stays open.</summary>
    public static ConntrackSocket Over(NetlinkSocket socket) => new(socket, isBorrowed: true);

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    public static ConntrackSocket Open() => new(NetlinkSocket.Open(NetlinkProtocol.Netfilter));

    /// <summary>Opens a socket in another network namespace; it may then be used from any thread.</summary>
    public static ConntrackSocket Open(NetNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        return ns.Run(Open);
    }

    /// <summary>The flows that match.</summary>
    /// <param name="filter">What the kernel is asked for.</param>
    /// <param name="keep">What of that is kept, called while the dump is read; null keeps all.</param>
    /// <exception cref="ArgumentException">A port without a protocol, or an address of another family.</exception>
    public List<ConntrackFlow> List(ConntrackFilter filter, Predicate<ConntrackFlow>? keep = null)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if ((filter.DestinationPort is not null && filter.Protocol is null) || (filter.Destination is { } address && address.Family != filter.Family))
        {
            throw new ArgumentException("a port needs a protocol, an address must be of the filter's family", nameof(filter));
        }

        var writer = new NetlinkWriter(stackalloc byte[256]);
        NfGenMessage.Begin(ref writer, Type(NfConntrack.IPCTNL_MSG_CT_GET), NetlinkFlags.None, (byte)filter.Family);
        filter.Write(ref writer);
        writer.EndMessage();
        return socket.Dump<ConntrackFlow>(writer.Written, "list connections", (in NetlinkMessage message, out ConntrackFlow flow) =>
        {
            flow = ConntrackFlow.Read(message.Attributes(NfGenMessage.Size));
            return message.Type == Type(NfConntrack.IPCTNL_MSG_CT_NEW) && filter.Matches(flow.Original) && (keep is null || keep(flow));
        });
    }

    /// <summary>
    /// How many flows the namespace has. Listing them walks a table that all namespaces share, 10 ms where it is large; this is one number.
    /// </summary>
    public uint Count()
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        NfGenMessage.Begin(ref writer, Type(NfConntrack.IPCTNL_MSG_CT_GET_STATS), NetlinkFlags.None, 0);
        writer.EndMessage();
        return socket.TryGet(writer.Written, "count connections", static (in NetlinkMessage message, out uint count) =>
        {
            count = 0;
            var attributes = message.Attributes(NfGenMessage.Size);
            while (attributes.Read())
            {
                if (attributes.Type == NfConntrack.CTA_STATS_GLOBAL_ENTRIES)
                {
                    count = attributes.UInt32BigEndian();
                }
            }

            return true;
        }, out var found) ? found : 0;
    }

    /// <summary>Forgets one flow: its next packet is judged as a first one.</summary>
    /// <returns>False if it is gone already.</returns>
    /// <exception cref="NetlinkException">The kernel refused it.</exception>
    public bool Delete(ConntrackFlow flow)
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        WriteDelete(ref writer, flow);
        var errno = socket.TryExecute(writer.Written);
        return errno switch
        {
            Errno.None => true,
            Errno.ENOENT => false,
            _ => throw new NetlinkException($"delete connection {flow.Original}", errno),
        };
    }

    /// <summary>Forgets all flows that match and that <paramref name="predicate"/> chooses, in one dump and one batch.</summary>
    /// <returns>How many were forgotten; those that ended on their own meanwhile do not count.</returns>
    /// <exception cref="NetlinkException">The kernel refused one; the others are forgotten all the same.</exception>
    public int DeleteWhere(ConntrackFilter filter, Predicate<ConntrackFlow> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        var flows = List(filter, predicate);
        if (flows.Count == 0)
        {
            return 0;
        }

        var batch = new NetlinkBatch();
        var writer = new NetlinkWriter(stackalloc byte[256]);
        foreach (var flow in flows)
        {
            writer.Clear();
            WriteDelete(ref writer, flow);
            batch.Add(writer.Written, "delete connection", flow.Original);
        }

        var deleted = flows.Count;
        NetlinkException? refusal = null;
        foreach (var failure in socket.TryExecute(batch))
        {
            deleted--;
            refusal ??= failure.Errno == Errno.ENOENT ? null : failure;
        }

        return refusal is null ? deleted : throw refusal;
    }

    /// <summary>Forgets all flows of a transport protocol, such as those of UDP when all of a node's Services changed.</summary>
    public int Flush(IpFamily family, IpProtocol protocol) => DeleteWhere(new ConntrackFilter(family, protocol), static _ => true);

    /// <summary>Closes the socket, unless it is another's.</summary>
    public void Dispose()
    {
        if (!isBorrowed)
        {
            socket.Dispose();
        }
    }

    private static ushort Type(int message) => NfGenMessage.Type(message, NfConntrack.NFNL_SUBSYS_CTNETLINK);

    private static void WriteDelete(ref NetlinkWriter writer, in ConntrackFlow flow)
    {
        NfGenMessage.Begin(ref writer, Type(NfConntrack.IPCTNL_MSG_CT_DELETE), NetlinkFlags.None, (byte)flow.Original.Source.Family);
        flow.Original.Write(ref writer, NfConntrack.CTA_TUPLE_ORIG);
        if (flow.Zone != 0)
        {
            writer.UInt16BigEndian(NfConntrack.CTA_ZONE, flow.Zone);
        }

        // With the number a new flow of the same addresses is not hit.
        if (flow.Id != 0)
        {
            writer.UInt32BigEndian(NfConntrack.CTA_ID, flow.Id);
        }

        writer.EndMessage();
    }
}
