using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Conntrack;

/// <summary>An entry of the connection tracking table.</summary>
/// <param name="Original">As the connection was opened, before any translation: a Service's address is its destination here.</param>
/// <param name="Reply">As answers come: the endpoint that a Service's connection went to is its source here.</param>
/// <param name="Status">What happened to it.</param>
/// <param name="Mark">The connection's mark.</param>
/// <param name="Zone">The conntrack zone, 0 by default.</param>
/// <param name="Id">The kernel's number of the entry; another one for the same addresses has another.</param>
/// <param name="Timeout">Seconds until it expires, as of the reading.</param>
public readonly record struct ConntrackFlow(ConntrackTuple Original, ConntrackTuple Reply, CtStatus Status, uint Mark, ushort Zone, uint Id, uint Timeout)
{
    // enum tcp_conntrack (linux/netfilter/nf_conntrack_tcp.h).
    private const byte TimeWait = 7, Close = 8;

    /// <summary>True for a connection of TCP that both ends have closed, or one has reset: conntrack remembers it for a while (two minutes as a rule).</summary>
    public bool IsClosed { get; init; }

    internal static ConntrackFlow Read(AttributeReader attributes)
    {
        ConntrackTuple original = default, reply = default;
        uint status = 0, mark = 0, id = 0, timeout = 0;
        ushort zone = 0;
        var isClosed = false;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfConntrack.CTA_TUPLE_ORIG:
                    original = ConntrackTuple.Read(attributes.Nested());
                    break;
                case NfConntrack.CTA_TUPLE_REPLY:
                    reply = ConntrackTuple.Read(attributes.Nested());
                    break;
                case NfConntrack.CTA_STATUS:
                    status = attributes.UInt32BigEndian();
                    break;
                case NfConntrack.CTA_MARK:
                    mark = attributes.UInt32BigEndian();
                    break;
                case NfConntrack.CTA_ZONE:
                    zone = attributes.UInt16BigEndian();
                    break;
                case NfConntrack.CTA_ID:
                    id = attributes.UInt32BigEndian();
                    break;
                case NfConntrack.CTA_PROTOINFO:
                    isClosed = IsTcpClosed(attributes.Nested());
                    break;
                case NfConntrack.CTA_TIMEOUT:
                    timeout = attributes.UInt32BigEndian();
                    break;
            }
        }

        return new(original, reply, (CtStatus)status, mark, zone, id, timeout) { IsClosed = isClosed };
    }

    private static bool IsTcpClosed(AttributeReader protocols)
    {
        while (protocols.Read())
        {
            var tcp = protocols.Type == NfConntrack.CTA_PROTOINFO_TCP ? protocols.Nested() : default;
            while (tcp.Read())
            {
                if (tcp.Type == NfConntrack.CTA_PROTOINFO_TCP_STATE)
                {
                    return tcp.Byte() is TimeWait or Close;
                }
            }
        }

        return false;
    }
}
