using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>One element, however many its set has.</summary>
public sealed partial class NftSocket
{
    /// <summary>The element of a key; null if there is none, and if there is no such set. Not for sets with ranges.</summary>
    public SetElement? GetElement(TableId table, SetObject set, NftData key)
    {
        ArgumentNullException.ThrowIfNull(set);
        var writer = new NetlinkWriter(stackalloc byte[512]);
        try
        {
            NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETSETELEM, NetlinkFlags.None, table.Family);
            writer.String(NfTables.NFTA_SET_ELEM_LIST_TABLE, table.Name);
            writer.String(NfTables.NFTA_SET_ELEM_LIST_SET, set.Name);
            var list = writer.BeginNested(NfTables.NFTA_SET_ELEM_LIST_ELEMENTS);
            ElementMessage.Write(ref writer, set, SetElement.Of(key), keyOnly: true);
            writer.EndNested(list);
            writer.EndMessage();
            return socket.TryGet(writer.Written, $"get an element of {table} {set.Name}", static (in NetlinkMessage message, [MaybeNullWhen(false)] out SetElement found) =>
            {
                var elements = new List<ElementMessage.RawElement>(1);
                ElementMessage.Read(message.Attributes(NfGenMessage.Size), elements, new ReadPool());
                found = elements.Count == 1 ? elements[0].Element : null;
                return found is not null;
            }, out var element) ? element : null;
        }
        finally
        {
            writer.Dispose();
        }
    }
}
