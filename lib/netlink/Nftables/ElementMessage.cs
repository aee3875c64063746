using Podwire.Netlink.Interop;
using Podwire.Netlink.Nftables.Expressions;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>
/// Elements of a set or map (NFTA_SET_ELEM_*). A range over a single field is two elements in the kernel, its first key and, marked as an end,
/// the key after its last one; a range over a concatenation is one element with two keys.
/// </summary>
internal static class ElementMessage
{
    /// <summary>Writes one element of the list that is open; an end mark too where the set needs one.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="set">The declaration.</param>
    /// <param name="element">The element.</param>
    /// <param name="keyOnly">True for a deletion.</param>
    public static void Write(ref NetlinkWriter writer, SetObject set, SetElement element, bool keyOnly)
    {
        var isConcat = set.Key.Count > 1;
        var token = writer.BeginNested(NfTables.NFTA_LIST_ELEM);
        DataAttribute.Write(ref writer, NfTables.NFTA_SET_ELEM_KEY, element.Key.Span);
        if (isConcat && set.IsInterval)
        {
            DataAttribute.Write(ref writer, NfTables.NFTA_SET_ELEM_KEY_END, (element.KeyEnd.IsNone ? element.Key : element.KeyEnd).Span);
        }

        if (!keyOnly)
        {
            WriteValue(ref writer, element);
        }

        writer.EndNested(token);
        if (set.IsInterval && !isConcat && (element.KeyEnd.IsNone ? element.Key : element.KeyEnd).TryIncrement(out var end))
        {
            token = writer.BeginNested(NfTables.NFTA_LIST_ELEM);
            writer.UInt32BigEndian(NfTables.NFTA_SET_ELEM_FLAGS, NfTables.NFT_SET_ELEM_INTERVAL_END);
            DataAttribute.Write(ref writer, NfTables.NFTA_SET_ELEM_KEY, end.Span);
            writer.EndNested(token);
        }
    }

    /// <summary>Reads the elements of one message into <paramref name="into"/>; end marks of ranges are still apart.</summary>
    public static void Read(AttributeReader attributes, List<RawElement> into, ReadPool pool)
    {
        while (attributes.Read())
        {
            if (attributes.Type != NfTables.NFTA_SET_ELEM_LIST_ELEMENTS)
            {
                continue;
            }

            // The kernel gives all items the type NFTA_LIST_ELEM, nft counts them up; neither looks at it.
            var list = attributes.Nested();
            while (list.Read())
            {
                into.Add(ReadOne(list.Nested(), pool));
            }
        }
    }

    /// <summary>Puts ranges together again and sorts by key.</summary>
    public static ValueList<SetElement> Assemble(SetObject set, List<RawElement> raw)
    {
        if (!set.IsInterval || set.Key.Count > 1)
        {
            var elements = new List<SetElement>(raw.Count);
            foreach (var element in raw)
            {
                if (!element.IsCatchAll)
                {
                    elements.Add(element.Element);
                }
            }

            return ValueList.From(elements).Sorted(SetElement.ByKey);
        }

        return AssembleRanges(raw);
    }

    private static ValueList<SetElement> AssembleRanges(List<RawElement> raw)
    {
        // An end stands before the beginning of the next range when both are the same key.
        raw.Sort(static (a, b) => a.Element.Key.CompareTo(b.Element.Key) is var order and not 0 ? order : b.IsEnd.CompareTo(a.IsEnd));
        var elements = new List<SetElement>();
        SetElement? open = null;
        foreach (var (element, isEnd, isCatchAll) in raw)
        {
            if (isCatchAll)
            {
                continue;
            }

            // nft leaves out the end of a range that the next one follows without a gap.
            if (open is not null && element.Key.TryDecrement(out var last))
            {
                elements.Add(last == open.Key ? open : open with { KeyEnd = last });
            }

            open = isEnd ? null : element;
        }

        if (open is not null)
        {
            // Open to the end of the space.
            Span<byte> ones = stackalloc byte[64];
            ones.Fill(0xff);
            var last = NftData.FromBytes(ones[..open.Key.Length]);
            elements.Add(last == open.Key ? open : open with { KeyEnd = last });
        }

        return ValueList.From(elements);
    }

    private static void WriteValue(ref NetlinkWriter writer, SetElement element)
    {
        if (element.Verdict is { } verdict)
        {
            DataAttribute.Write(ref writer, NfTables.NFTA_SET_ELEM_DATA, verdict);
        }
        else if (!element.Data.IsNone)
        {
            DataAttribute.Write(ref writer, NfTables.NFTA_SET_ELEM_DATA, element.Data.Span);
        }

        if (element.Timeout is { } timeout)
        {
            writer.UInt64BigEndian(NfTables.NFTA_SET_ELEM_TIMEOUT, (ulong)timeout.TotalMilliseconds);
        }

        Userdata.WriteComment(ref writer, NfTables.NFTA_SET_ELEM_USERDATA, element.Comment);
    }

    /// <summary>Reads one element.</summary>
    public static RawElement ReadOne(AttributeReader attributes, ReadPool pool)
    {
        NftData key = default, keyEnd = default, data = default;
        Verdict? verdict = null;
        string? comment = null;
        ElementCounter? counter = null;
        ulong timeout = 0;
        uint flags = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_SET_ELEM_KEY:
                    key = DataAttribute.ReadValue(attributes);
                    break;
                case NfTables.NFTA_SET_ELEM_KEY_END:
                    keyEnd = DataAttribute.ReadValue(attributes);
                    break;
                case NfTables.NFTA_SET_ELEM_DATA:
                    data = DataAttribute.ReadValue(attributes);
                    verdict = DataAttribute.ReadVerdict(attributes, pool);
                    break;
                case NfTables.NFTA_SET_ELEM_FLAGS:
                    flags = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_SET_ELEM_TIMEOUT:
                    timeout = attributes.UInt64BigEndian();
                    break;
                case NfTables.NFTA_SET_ELEM_USERDATA:
                    comment = Userdata.ReadComment(attributes.Data, pool);
                    break;
                case NfTables.NFTA_SET_ELEM_EXPR:
                    counter ??= CounterExpression.ReadWhole(attributes.Nested());
                    break;
                case NfTables.NFTA_SET_ELEM_EXPRESSIONS:
                    counter ??= ReadCounter(attributes.Nested());
                    break;
            }
        }

        var element = new SetElement
        {
            Key = key,
            KeyEnd = keyEnd == key ? default : keyEnd,
            Data = data,
            Verdict = verdict,
            Comment = comment,
            Counter = counter,
            Timeout = timeout == 0 ? null : TimeSpan.FromMilliseconds(Math.Min(timeout, (ulong)TimeSpan.MaxValue.TotalMilliseconds / 2)),
        };
        return new(element, (flags & NfTables.NFT_SET_ELEM_INTERVAL_END) != 0, (flags & NfTables.NFT_SET_ELEM_CATCHALL) != 0);
    }

    private static ElementCounter? ReadCounter(AttributeReader list)
    {
        while (list.Read())
        {
            if (list.Type == NfTables.NFTA_LIST_ELEM && CounterExpression.ReadWhole(list.Nested()) is { } counter)
            {
                return counter;
            }
        }

        return null;
    }

    /// <summary>An element as the kernel keeps it.</summary>
    internal readonly record struct RawElement(SetElement Element, bool IsEnd, bool IsCatchAll);
}
