using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>
/// A filter that sends every packet out by another interface (RTM_NEWTFILTER; tc-u32(8) matching everything with the action of tc-mirred(8),
/// «egress redirect»).
/// </summary>
/// <param name="InterfaceIndex">The interface whose packets it takes.</param>
/// <param name="TargetIndex">The interface they leave by.</param>
public sealed record RedirectFilter(int InterfaceIndex, int TargetIndex)
{
    private const string FilterKind = "u32";
    private const string ActionKind = "mirred";
    private const uint ClassId = 0x10001;

    /// <summary>The discipline it hangs at.</summary>
    public TrafficHandle Parent { get; init; } = TrafficHandle.Ingress;

    /// <summary>Its place among the filters there: lower comes first; 1 to 65535.</summary>
    public ushort Priority { get; init; } = 1;

    /// <summary>For error texts.</summary>
    public override string ToString() => $"from interface {InterfaceIndex} to {TargetIndex}";

    internal void Encode(ref NetlinkWriter writer, ushort type, NetlinkFlags flags)
    {
        writer.BeginMessage(type, flags);
        writer.Header(new TcMsg
        {
            InterfaceIndex = InterfaceIndex,
            Parent = Parent.Value,
            Info = ((uint)Priority << 16) | (BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(TrafficControl.ETH_P_ALL) : TrafficControl.ETH_P_ALL),
        });
        writer.String(TrafficControl.TCA_KIND, FilterKind);
        var options = writer.BeginNested(TrafficControl.TCA_OPTIONS);
        writer.UInt32(TrafficControl.TCA_U32_CLASSID, ClassId);
        writer.Struct(TrafficControl.TCA_U32_SEL, new TcU32Sel { Flags = TrafficControl.TC_U32_TERMINAL, KeyCount = 1 });
        var actions = writer.BeginNested(TrafficControl.TCA_U32_ACT);

        // The type of an action is its place in the list, from 1.
        var action = writer.BeginNested(1);
        writer.String(TrafficControl.TCA_ACT_KIND, ActionKind);
        var settings = writer.BeginNested(TrafficControl.TCA_ACT_OPTIONS);
        writer.Struct(TrafficControl.TCA_MIRRED_PARMS, new TcMirred
        {
            Action = TrafficControl.TC_ACT_STOLEN,
            Direction = TrafficControl.TCA_EGRESS_REDIR,
            InterfaceIndex = TargetIndex,
        });
        writer.EndNested(settings);
        writer.EndNested(action);
        writer.EndNested(actions);
        writer.EndNested(options);
        writer.EndMessage();
    }

    internal static void EncodeDump(ref NetlinkWriter writer, int interfaceIndex, TrafficHandle parent)
    {
        writer.BeginMessage(TrafficControl.RTM_GETTFILTER, NetlinkFlags.Dump);
        writer.Header(new TcMsg { InterfaceIndex = interfaceIndex, Parent = parent.Value });
        writer.EndMessage();
    }

    /// <summary>Decodes a filter that redirects; false for any other, and for the hash tables that u32 lists beside its filters.</summary>
    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out RedirectFilter filter)
    {
        filter = null;
        if (message.Type is not (TrafficControl.RTM_NEWTFILTER or TrafficControl.RTM_DELTFILTER))
        {
            return false;
        }

        var attributes = message.Attributes(TcMsg.Length);
        var header = MemoryMarshal.Read<TcMsg>(message.Payload);
        var kind = string.Empty;
        int? target = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case TrafficControl.TCA_KIND:
                    kind = attributes.String();
                    break;
                case TrafficControl.TCA_OPTIONS when kind == FilterKind:
                    target = DecodeOptions(attributes.Nested());
                    break;
            }
        }

        if (target is not { } index)
        {
            return false;
        }

        filter = new(header.InterfaceIndex, index) { Parent = new(header.Parent), Priority = (ushort)(header.Info >> 16) };
        return true;
    }

    private static int? DecodeOptions(AttributeReader attributes)
    {
        int? target = null;
        while (attributes.Read())
        {
            if (attributes.Type == TrafficControl.TCA_U32_ACT)
            {
                var actions = attributes.Nested();
                while (actions.Read())
                {
                    target ??= DecodeAction(actions.Nested());
                }
            }
        }

        return target;
    }

    private static int? DecodeAction(AttributeReader attributes)
    {
        var kind = string.Empty;
        int? target = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case TrafficControl.TCA_ACT_KIND:
                    kind = attributes.String();
                    break;
                case TrafficControl.TCA_ACT_OPTIONS when kind == ActionKind:
                    var settings = attributes.Nested();
                    while (settings.Read())
                    {
                        if (settings.Type == TrafficControl.TCA_MIRRED_PARMS)
                        {
                            var mirred = MemoryMarshal.Read<TcMirred>(settings.AtLeast(TcMirred.Length));
                            target = mirred.Direction == TrafficControl.TCA_EGRESS_REDIR ? mirred.InterfaceIndex : null;
                        }
                    }

                    break;
            }
        }

        return target;
    }
}
