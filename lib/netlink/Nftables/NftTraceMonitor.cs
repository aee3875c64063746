using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>
/// Hears what rules do with packets that were marked for tracing (NFNLGRP_NFTRACE; <c>meta nftrace set 1</c>, or -j TRACE of iptables-nft), in
/// the network namespace it was opened in. For one thread.
/// </summary>
public sealed class NftTraceMonitor : IDisposable
{
    private readonly NetlinkSocket socket;
    private readonly Queue<NftTraceEvent> events = new();

    private NftTraceMonitor(NetlinkSocket socket) => this.socket = socket;

    /// <summary>Listens from now on.</summary>
    public static NftTraceMonitor Open(NetNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        return ns.Run(static () =>
        {
            var socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
            try
            {
                socket.Join(NfTables.NFNLGRP_NFTRACE);
                return new NftTraceMonitor(socket);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        });
    }

    /// <summary>Waits for an event.</summary>
    /// <returns>False when the time is over or <paramref name="cancellation"/> was signalled.</returns>
    public bool Wait(TimeSpan timeout, CancellationToken cancellation = default) => events.Count > 0 || socket.WaitReadable(timeout, cancellation);

    /// <summary>The next event if it is there already, without waiting.</summary>
    /// <exception cref="SyscallException">ENOBUFS: events were lost.</exception>
    public bool TryRead([MaybeNullWhen(false)] out NftTraceEvent trace)
    {
        while (!events.TryDequeue(out trace))
        {
            if (!socket.TryReceive(out var datagram))
            {
                return false;
            }

            while (datagram.Read(out var message))
            {
                if (TryDecode(message, out var read))
                {
                    events.Enqueue(read);
                }
            }
        }

        return true;
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => socket.Dispose();

    /// <summary>Reads one message; false if it is none of a trace.</summary>
    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out NftTraceEvent trace)
    {
        trace = null;
        if (message.Type != NfGenMessage.Type(NfTables.NFT_MSG_TRACE))
        {
            return false;
        }

        string table = string.Empty, chain = string.Empty, verdict = string.Empty;
        uint packet = 0, mark = 0;
        ulong handle = 0;
        var kind = NftTraceKind.Unknown;
        var attributes = message.Attributes(NfGenMessage.Size);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_TRACE_TABLE:
                    table = attributes.String();
                    break;
                case NfTables.NFTA_TRACE_CHAIN:
                    chain = attributes.String();
                    break;
                case NfTables.NFTA_TRACE_RULE_HANDLE:
                    handle = attributes.UInt64BigEndian();
                    break;
                case NfTables.NFTA_TRACE_TYPE:
                    kind = attributes.UInt32BigEndian() is >= 1 and <= 3 and var number ? (NftTraceKind)number : NftTraceKind.Unknown;
                    break;
                case NfTables.NFTA_TRACE_VERDICT:
                    verdict = VerdictOf(attributes.Nested());
                    break;
                case NfTables.NFTA_TRACE_POLICY:
                    verdict = Name((int)attributes.UInt32BigEndian(), null);
                    break;
                case NfTables.NFTA_TRACE_ID:
                    packet = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_TRACE_MARK:
                    mark = attributes.UInt32BigEndian();
                    break;
            }
        }

        trace = new(packet, new TableId(NfGenMessage.FamilyOf(message), table), chain, kind, handle, verdict, mark);
        return true;
    }

    private static string VerdictOf(AttributeReader attributes)
    {
        var code = 0;
        string? chain = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_VERDICT_CODE:
                    code = (int)attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_VERDICT_CHAIN:
                    chain = attributes.String();
                    break;
            }
        }

        return Name(code, chain);
    }

    private static string Name(int code, string? chain) => (code & 0xFF, code) switch
    {
        (_, -1) => "continue",
        (_, -2) => "break",
        (_, -3) => $"jump {chain}",
        (_, -4) => $"goto {chain}",
        (_, -5) => "return",
        (0, _) => "drop",
        (1, _) => "accept",
        (2, _) => "stolen",
        (3, _) => "queue",
        _ => $"verdict {code}",
    };
}
