using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Nftables;

/// <summary>Goes through dumped elements, decodes those that are chosen, and remembers the hash of every key.</summary>
internal sealed class ElementSearch(ElementFilter keep, ReadPool pool)
{
    private readonly List<ulong> keys = [];

    /// <summary>Reads one message's elements.</summary>
    public void Read(AttributeReader attributes, List<ElementMessage.RawElement> into)
    {
        while (attributes.Read())
        {
            if (attributes.Type != NfTables.NFTA_SET_ELEM_LIST_ELEMENTS)
            {
                continue;
            }

            var list = attributes.Nested();
            while (list.Read())
            {
                if (IsKept(list.Nested()))
                {
                    into.Add(ElementMessage.ReadOne(list.Nested(), pool));
                }
            }
        }
    }

    /// <summary>True if a key came twice. Two keys with one hash make a dump be read again for nothing, which happens to nobody twice.</summary>
    public bool HasRepeatedKey()
    {
        keys.Sort();
        for (var i = 1; i < keys.Count; i++)
        {
            if (keys[i] == keys[i - 1])
            {
                return true;
            }
        }

        return false;
    }

    private bool IsKept(AttributeReader element)
    {
        ReadOnlySpan<byte> key = default, data = default, comment = default;
        while (element.Read())
        {
            switch (element.Type)
            {
                case NfTables.NFTA_SET_ELEM_KEY:
                    key = Value(element.Nested());
                    break;
                case NfTables.NFTA_SET_ELEM_DATA:
                    data = Value(element.Nested());
                    break;
                case NfTables.NFTA_SET_ELEM_USERDATA:
                    comment = Userdata.CommentBytes(element.Data);
                    break;
            }
        }

        // FNV-1a over the key: the same for the same key, which is all that is asked of it.
        var hash = 0xcbf29ce484222325UL;
        foreach (var b in key)
        {
            hash = (hash ^ b) * 0x100000001b3UL;
        }

        keys.Add(hash);
        return keep(key, data, comment);
    }

    private static ReadOnlySpan<byte> Value(AttributeReader inner)
    {
        while (inner.Read())
        {
            if (inner.Type == NfTables.NFTA_DATA_VALUE)
            {
                return inner.Data;
            }
        }

        return default;
    }
}
