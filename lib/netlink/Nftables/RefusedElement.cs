using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>Finds the element that the kernel points at when it refuses one of many.</summary>
internal static class RefusedElement
{
    /// <summary>«element 10.96.0.2 . tcp . 80», or null if the offset is in no element.</summary>
    /// <param name="operation">The operation that was refused.</param>
    /// <param name="message">Its message as it was sent.</param>
    /// <param name="offset">The offset that the kernel reported, in bytes from the message's header.</param>
    public static string? Describe(NftOperation operation, ReadOnlySpan<byte> message, int offset)
    {
        const int Start = NetlinkMessage.HeaderLength + NfGenMessage.Size;
        SetObject? set = operation switch
        {
            AddElements add => add.Set,
            DeleteElements delete => delete.Set,
            _ => null,
        };
        if (set is null || message.Length < Start)
        {
            return null;
        }

        var attributes = new AttributeReader(message[Start..], Start);
        while (attributes.Read())
        {
            if (attributes.Type != NfTables.NFTA_SET_ELEM_LIST_ELEMENTS)
            {
                continue;
            }

            var elements = attributes.Nested();
            while (elements.Read())
            {
                // The offset may be that of the element's header or of anything in it.
                if (offset >= elements.Offset - AttributeReader.HeaderLength && offset < elements.Offset + elements.Data.Length)
                {
                    return Key(elements.Nested()) is { IsNone: false } key ? $"element {NftText.WriteKey(set, key)}" : null;
                }
            }
        }

        return null;
    }

    private static NftData Key(AttributeReader element)
    {
        while (element.Read())
        {
            if (element.Type == NfTables.NFTA_SET_ELEM_KEY)
            {
                return DataAttribute.ReadValue(element);
            }
        }

        return default;
    }
}
