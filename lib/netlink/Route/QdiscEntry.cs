using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>A queueing discipline of an interface (RTM_NEWQDISC, tc(8)).</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Kind">Its name: tbf, ingress, noqueue, ...</param>
public sealed record QdiscEntry(int InterfaceIndex, string Kind)
{
    private const string IngressKind = "ingress";

    /// <summary>Its own number.</summary>
    public TrafficHandle Handle { get; init; }

    /// <summary>Where it hangs.</summary>
    public TrafficHandle Parent { get; init; } = TrafficHandle.Root;

    /// <summary>A token bucket's settings.</summary>
    public TokenBucket? Bucket { get; init; }

    /// <summary>What has passed it, as the kernel told; not part of a request.</summary>
    public QdiscCounters Counters { get; init; }

    /// <summary>A token bucket for what leaves by the interface, with the number 1:.</summary>
    public static QdiscEntry TokenBucket(int interfaceIndex, TokenBucket bucket) =>
        new(interfaceIndex, Route.TokenBucket.Kind) { Handle = TrafficHandle.Of(1, 0), Bucket = bucket };

    /// <summary>The discipline that filters of incoming packets hang at; it queues nothing.</summary>
    public static QdiscEntry Ingress(int interfaceIndex) =>
        new(interfaceIndex, IngressKind) { Handle = TrafficHandle.Ingress, Parent = TrafficHandle.IngressRoot };

    /// <summary>For error texts.</summary>
    public override string ToString() => $"{Kind} {Handle} of interface {InterfaceIndex}";

    internal void Encode(ref NetlinkWriter writer, ushort type, NetlinkFlags flags)
    {
        writer.BeginMessage(type, flags);
        writer.Header(new TcMsg { InterfaceIndex = InterfaceIndex, Handle = Handle.Value, Parent = Parent.Value });
        writer.String(TrafficControl.TCA_KIND, Kind);
        if (Bucket is not null)
        {
            var options = writer.BeginNested(TrafficControl.TCA_OPTIONS);
            Bucket.Encode(ref writer);
            writer.EndNested(options);
        }

        writer.EndMessage();
    }

    internal static void EncodeDump(ref NetlinkWriter writer, int interfaceIndex)
    {
        writer.BeginMessage(TrafficControl.RTM_GETQDISC, NetlinkFlags.Dump);
        writer.Header(new TcMsg { InterfaceIndex = interfaceIndex });
        writer.EndMessage();
    }

    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out QdiscEntry qdisc)
    {
        qdisc = null;
        if (message.Type is not (TrafficControl.RTM_NEWQDISC or TrafficControl.RTM_DELQDISC))
        {
            return false;
        }

        var attributes = message.Attributes(TcMsg.Length);
        var header = MemoryMarshal.Read<TcMsg>(message.Payload);
        var kind = string.Empty;
        TokenBucket? bucket = null;
        var counters = default(QdiscCounters);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                // The kernel puts a kind before its options.
                case TrafficControl.TCA_KIND:
                    kind = attributes.String();
                    break;
                case TrafficControl.TCA_OPTIONS when kind == Route.TokenBucket.Kind:
                    bucket = Route.TokenBucket.Decode(attributes.Nested());
                    break;
                case TrafficControl.TCA_STATS2:
                    counters = QdiscCounters.Decode(attributes.Nested());
                    break;
            }
        }

        qdisc = new QdiscEntry(header.InterfaceIndex, kind)
        {
            Handle = new(header.Handle),
            Parent = new(header.Parent),
            Bucket = bucket,
            Counters = counters,
        };
        return true;
    }
}
