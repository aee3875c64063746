using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>Writes a batch as one datagram: begin, a message or more per operation, end. Remembers which message is of which operation.</summary>
internal sealed class BatchWriter
{
    // An attribute ends at 65,535 bytes; this leaves room for the longest element with its end mark.
    private const int MaxElementBytes = 64_000;

    private readonly Queue<SetHandle> anonymousSets = new();
    private readonly List<NftOperation?> owners = [];
    private readonly RuleWriter rules;
    private uint lastSetId;

    public BatchWriter() => rules = new RuleWriter(anonymousSets);

    /// <summary>The operation of each message, in order; null for the begin and the end.</summary>
    public IReadOnlyList<NftOperation?> Owners => owners;

    /// <summary>Writes all of it.</summary>
    public void Write(ref NetlinkWriter writer, NftBatch batch, uint? generation)
    {
        writer.BeginMessage(NfTables.NFNL_MSG_BATCH_BEGIN, NetlinkFlags.None);
        writer.Header(new NfGenMessage(0, NfTables.NFNL_SUBSYS_NFTABLES));
        if (generation is { } expected)
        {
            writer.UInt32BigEndian(NfTables.NFNL_BATCH_GENID, expected);
        }

        writer.EndMessage();
        owners.Add(null);
        foreach (var operation in batch.Operations)
        {
            Write(ref writer, operation);
        }

        writer.BeginMessage(NfTables.NFNL_MSG_BATCH_END, NetlinkFlags.None);
        writer.Header(new NfGenMessage(0, NfTables.NFNL_SUBSYS_NFTABLES));
        writer.EndMessage();
        owners.Add(null);
    }

    private void Write(ref NetlinkWriter writer, NftOperation operation)
    {
        var table = operation.Table;
        switch (operation)
        {
            case AddTable add:
                Begin(ref writer, operation, NfTables.NFT_MSG_NEWTABLE, NetlinkFlags.Create);
                writer.String(NfTables.NFTA_TABLE_NAME, table.Name);
                writer.UInt32BigEndian(NfTables.NFTA_TABLE_FLAGS, 0);
                Userdata.WriteComment(ref writer, NfTables.NFTA_TABLE_USERDATA, add.Comment);
                writer.EndMessage();
                break;
            case DeleteTable:
                Begin(ref writer, operation, NfTables.NFT_MSG_DELTABLE);
                writer.String(NfTables.NFTA_TABLE_NAME, table.Name);
                writer.EndMessage();
                break;
            case AddChain add:
                Begin(ref writer, operation, NfTables.NFT_MSG_NEWCHAIN, NetlinkFlags.Create);
                ChainMessage.Write(ref writer, table, add.Chain);
                writer.EndMessage();
                break;
            case DeleteChain delete:
                WriteNamed(ref writer, operation, NfTables.NFT_MSG_DELCHAIN, NfTables.NFTA_CHAIN_NAME, delete.Chain);
                break;
            case FlushChain flush:
                WriteNamed(ref writer, operation, NfTables.NFT_MSG_DELRULE, NfTables.NFTA_RULE_CHAIN, flush.Chain);
                break;
            case AddRule add:
                WriteRule(ref writer, add);
                break;
            case AddSet add:
                ListingTraps.Check(add.Set);
                WriteSet(ref writer, operation, add.Set, new SetHandle(add.Set.Name, ++lastSetId));
                break;
            case DeleteSet delete:
                WriteNamed(ref writer, operation, NfTables.NFT_MSG_DELSET, NfTables.NFTA_SET_NAME, delete.Set);
                break;
            case FlushSet flush:
                WriteNamed(ref writer, operation, NfTables.NFT_MSG_DELSETELEM, NfTables.NFTA_SET_ELEM_LIST_SET, flush.Set);
                break;
            case AddElements add:
                WriteElements(ref writer, operation, add.Set, new SetHandle(add.Set.Name), add.Elements.Span, NfTables.NFT_MSG_NEWSETELEM);
                break;
            case DeleteElements delete:
                WriteElements(ref writer, operation, delete.Set, new SetHandle(delete.Set.Name), delete.Elements.Span, NfTables.NFT_MSG_DELSETELEM);
                break;
            default:
                throw new NotSupportedException(operation.GetType().Name);
        }
    }

    private void Begin(ref NetlinkWriter writer, NftOperation operation, int message, NetlinkFlags flags = NetlinkFlags.None)
    {
        NfGenMessage.Begin(ref writer, message, flags, operation.Table.Family);
        owners.Add(operation);
    }

    // In all of these messages attribute 1 is the table's name.
    private void WriteNamed(ref NetlinkWriter writer, NftOperation operation, int message, int attribute, string name)
    {
        Begin(ref writer, operation, message);
        writer.String(NfTables.NFTA_TABLE_NAME, operation.Table.Name);
        writer.String(attribute, name);
        writer.EndMessage();
    }

    private void WriteRule(ref NetlinkWriter writer, AddRule operation)
    {
        ListingTraps.Check(operation.Rule);

        // Sets that are written out in the rule are made first; the kernel names them by the pattern and the rule finds them by number.
        foreach (var reference in RuleReferences.All(operation.Rule))
        {
            if (reference.Inline is { } set)
            {
                var handle = new SetHandle(set is NftMap ? "__map%d" : "__set%d", ++lastSetId);
                WriteSet(ref writer, operation, set, handle);
                WriteElements(ref writer, operation, set, handle, set.Elements.AsSpan(), NfTables.NFT_MSG_NEWSETELEM);
                anonymousSets.Enqueue(handle);
            }
        }

        Begin(ref writer, operation, NfTables.NFT_MSG_NEWRULE, NetlinkFlags.Create | NetlinkFlags.Append);
        writer.String(NfTables.NFTA_RULE_TABLE, operation.Table.Name);
        writer.String(NfTables.NFTA_RULE_CHAIN, operation.Chain);
        var list = writer.BeginNested(NfTables.NFTA_RULE_EXPRESSIONS);
        rules.Write(ref writer, operation.Rule);
        writer.EndNested(list);
        Userdata.WriteComment(ref writer, NfTables.NFTA_RULE_USERDATA, operation.Rule.Comment);
        writer.EndMessage();
    }

    private void WriteSet(ref NetlinkWriter writer, NftOperation operation, SetObject set, SetHandle handle)
    {
        Begin(ref writer, operation, NfTables.NFT_MSG_NEWSET, NetlinkFlags.Create);
        SetMessage.Write(ref writer, operation.Table.Name, set, handle);
        writer.EndMessage();
    }

    private void WriteElements(ref NetlinkWriter writer, NftOperation operation, SetObject set, SetHandle handle, ReadOnlySpan<SetElement> elements, int message)
    {
        var isDeletion = message == NfTables.NFT_MSG_DELSETELEM;
        while (!elements.IsEmpty)
        {
            Begin(ref writer, operation, message, isDeletion ? NetlinkFlags.None : NetlinkFlags.Create);
            writer.String(NfTables.NFTA_SET_ELEM_LIST_TABLE, operation.Table.Name);
            writer.String(NfTables.NFTA_SET_ELEM_LIST_SET, handle.Name);
            if (handle.Id != 0)
            {
                writer.UInt32BigEndian(NfTables.NFTA_SET_ELEM_LIST_SET_ID, handle.Id);
            }

            var list = writer.BeginNested(NfTables.NFTA_SET_ELEM_LIST_ELEMENTS);
            var start = writer.Length;
            var count = 0;
            while (count < elements.Length && writer.Length - start < MaxElementBytes)
            {
                ElementMessage.Write(ref writer, set, elements[count++], isDeletion);
            }

            elements = elements[count..];
            writer.EndNested(list);
            writer.EndMessage();
        }
    }
}
