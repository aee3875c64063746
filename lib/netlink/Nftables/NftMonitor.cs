using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>
/// Tells of every committed change of the ruleset in the network namespace of the thread that opened it (NFNLGRP_NFTABLES): a table changed by
/// someone else is noticed at once. Elements that rules themselves add to dynamic sets are not announced. For one thread.
/// </summary>
public sealed class NftMonitor : IDisposable
{
    private readonly NetlinkSocket socket;
    private readonly Queue<NftChange> complete = new();
    private readonly HashSet<TableId> touched = [];
    private readonly HashSet<(TableId Table, string Chain)> touchedChains = [];

    private NftMonitor(NetlinkSocket socket) => this.socket = socket;

    /// <summary>Listens from now on, in the calling thread's network namespace.</summary>
    public static NftMonitor Open()
    {
        var socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
        try
        {
            socket.Join(NfTables.NFNLGRP_NFTABLES);
            return new NftMonitor(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Listens from now on, in another network namespace.</summary>
    public static NftMonitor Open(NetNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        return ns.Run(Open);
    }

    /// <summary>Waits for a change.</summary>
    /// <returns>False when the time is over or <paramref name="cancellation"/> was signalled.</returns>
    public bool Wait(TimeSpan timeout, CancellationToken cancellation = default) => complete.Count > 0 || socket.WaitReadable(timeout, cancellation);

    /// <summary>The next change if it is there already, without waiting.</summary>
    /// <exception cref="SyscallException">ENOBUFS: announcements were lost; read the generation and the tables anew.</exception>
    public bool TryRead([MaybeNullWhen(false)] out NftChange change)
    {
        while (!complete.TryDequeue(out change))
        {
            try
            {
                if (!socket.TryReceive(out var datagram))
                {
                    return false;
                }

                while (datagram.Read(out var message))
                {
                    Note(message);
                }
            }
            catch (SyscallException e) when (e.Errno is Errno.ENOBUFS or Errno.EMSGSIZE)
            {
                touched.Clear();
                touchedChains.Clear();
                throw new SyscallException(e.Syscall, Errno.ENOBUFS);
            }
        }

        return true;
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => socket.Dispose();

    private void Note(in NetlinkMessage message)
    {
        if (message.Type >> 8 != NfTables.NFNL_SUBSYS_NFTABLES)
        {
            return;
        }

        var attributes = message.Attributes(NfGenMessage.Size);
        if (message.Type != NfGenMessage.Type(NfTables.NFT_MSG_NEWGEN))
        {
            // In the messages of tables, chains, rules, sets, elements and objects alike attribute 1 is the table's name.
            TableId? table = null;
            var nameOfChain = (message.Type & 0xFF) switch
            {
                NfTables.NFT_MSG_NEWCHAIN or NfTables.NFT_MSG_DELCHAIN => NfTables.NFTA_CHAIN_NAME,
                NfTables.NFT_MSG_NEWRULE or NfTables.NFT_MSG_DELRULE => NfTables.NFTA_RULE_CHAIN,
                _ => -1,
            };
            while (attributes.Read())
            {
                if (attributes.Type == NfTables.NFTA_TABLE_NAME)
                {
                    table = new TableId(NfGenMessage.FamilyOf(message), attributes.String());
                    touched.Add(table.Value);
                    if (nameOfChain < 0)
                    {
                        return;
                    }
                }
                else if (attributes.Type == nameOfChain && table is { } of)
                {
                    touchedChains.Add((of, attributes.String()));
                    return;
                }
            }

            return;
        }

        uint generation = 0, process = 0;
        var name = string.Empty;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_GEN_ID:
                    generation = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_GEN_PROC_PID:
                    process = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_GEN_PROC_NAME:
                    name = attributes.String();
                    break;
            }
        }

        complete.Enqueue(new NftChange(generation, message.PortId, process, name, [.. touched]) { Chains = [.. touchedChains] });
        touched.Clear();
        touchedChains.Clear();
    }
}
