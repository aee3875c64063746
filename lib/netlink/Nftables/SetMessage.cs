using Podwire.Netlink.Interop;
using Podwire.Netlink.Nftables.Expressions;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>The declaration of a set or a map (NFTA_SET_*).</summary>
internal static class SetMessage
{
    // What nft keeps with a set (libnftnl's udata.h, NFTNL_UDATA_SET_*).
    private const int KeyByteOrder = 0, DataByteOrder = 1, KeyTypeOf = 3, DataTypeOf = 4, DataInterval = 6, Comment = 7;
    private const uint HostOrder = 1, BigEndian = 2;
    private const int TypeBits = 6;
    private const int MaxUserdata = 1024;

    /// <summary>Writes the attributes of NFT_MSG_NEWSET.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="set">The declaration.</param>
    /// <param name="handle">Its name, or the pattern of it, and its number within the batch.</param>
    public static void Write(ref NetlinkWriter writer, string table, SetObject set, SetHandle handle)
    {
        var map = set as NftMap;
        var isConcatInterval = set.IsInterval && set.Key.Count > 1;
        writer.String(NfTables.NFTA_SET_TABLE, table);
        writer.String(NfTables.NFTA_SET_NAME, handle.Name);
        writer.UInt32BigEndian(NfTables.NFTA_SET_FLAGS, (uint)set.Flags | (map is null ? 0 : NfTables.NFT_SET_MAP) | (isConcatInterval ? NfTables.NFT_SET_CONCAT : 0));
        writer.UInt32BigEndian(NfTables.NFTA_SET_KEY_TYPE, Fold(set.Key));
        writer.UInt32BigEndian(NfTables.NFTA_SET_KEY_LEN, (uint)set.KeyLength);
        if (map is not null)
        {
            writer.UInt32BigEndian(NfTables.NFTA_SET_DATA_TYPE, map.IsVerdictMap ? NfTables.NFT_DATA_VERDICT : Fold(map.Data));
            writer.UInt32BigEndian(NfTables.NFTA_SET_DATA_LEN, (uint)map.DataLength);
        }

        writer.UInt32BigEndian(NfTables.NFTA_SET_ID, handle.Id);
        WriteDescription(ref writer, set, isConcatInterval);
        if (set.Timeout is { } timeout)
        {
            writer.UInt64BigEndian(NfTables.NFTA_SET_TIMEOUT, (ulong)timeout.TotalMilliseconds);
        }

        WriteUserdata(ref writer, set, map);
        if (set.Counters)
        {
            CounterExpression.Write(ref writer, NfTables.NFTA_SET_EXPR);
        }
    }

    /// <summary>Reads a declaration; the elements are read elsewhere.</summary>
    public static SetObject Read(AttributeReader attributes)
    {
        var name = string.Empty;
        uint flags = 0, keyType = 0, keyLength = 0, dataType = 0, dataLength = 0, size = 0;
        ulong timeout = 0;
        var counters = false;
        ReadOnlySpan<byte> userdata = default;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_SET_NAME:
                    name = attributes.String();
                    break;
                case NfTables.NFTA_SET_FLAGS:
                    flags = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_SET_KEY_TYPE:
                    keyType = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_SET_KEY_LEN:
                    keyLength = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_SET_DATA_TYPE:
                    dataType = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_SET_DATA_LEN:
                    dataLength = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_SET_DESC:
                    size = ReadSize(attributes.Nested());
                    break;
                case NfTables.NFTA_SET_TIMEOUT:
                    timeout = attributes.UInt64BigEndian();
                    break;
                case NfTables.NFTA_SET_USERDATA:
                    userdata = attributes.Data;
                    break;
                case NfTables.NFTA_SET_EXPR:
                    counters |= CounterExpression.ReadWhole(attributes.Nested()) is not null;
                    break;
                case NfTables.NFTA_SET_EXPRESSIONS:
                    counters |= ReadCounters(attributes.Nested());
                    break;
            }
        }

        return Make(name, flags, new Fields(keyType, keyLength), new Fields(dataType, dataLength), size, timeout, counters, userdata);
    }

    private static SetObject Make(string name, uint flags, Fields keyFields, Fields dataFields, uint size, ulong timeout, bool counters, ReadOnlySpan<byte> userdata)
    {
        List<Expression> keyTypeOf = [], dataTypeOf = [];
        string? comment = null;
        while (Userdata.TryTake(ref userdata, out var type, out var value))
        {
            switch (type)
            {
                case KeyTypeOf:
                    keyTypeOf = TypeOf.Read(value);
                    break;
                case DataTypeOf:
                    dataTypeOf = TypeOf.Read(value);
                    break;
                case Comment:
                    comment = Userdata.Text(value);
                    break;
            }
        }

        const SetFlags Known = SetFlags.Anonymous | SetFlags.Constant | SetFlags.Interval | SetFlags.Timeout | SetFlags.Dynamic;
        var key = Unfold(keyFields, keyTypeOf);
        TimeSpan? lifetime = timeout == 0 ? null : TimeSpan.FromMilliseconds(Math.Min(timeout, (ulong)TimeSpan.MaxValue.TotalMilliseconds / 2));
        return (flags & NfTables.NFT_SET_MAP) == 0
            ? new NftSet { Name = name, Key = key, Flags = (SetFlags)flags & Known, Size = size, Timeout = lifetime, Counters = counters, Comment = comment }
            : new NftMap
            {
                Name = name,
                Key = key,
                Data = dataFields.Type == NfTables.NFT_DATA_VERDICT ? [] : Unfold(dataFields, dataTypeOf),
                Flags = (SetFlags)flags & Known,
                Size = size,
                Timeout = lifetime,
                Counters = counters,
                Comment = comment,
            };
    }

    private static void WriteDescription(ref NetlinkWriter writer, SetObject set, bool isConcatInterval)
    {
        // The size of a constant set lets the kernel choose how to keep it.
        var size = (set.Flags & SetFlags.Constant) != 0 ? (uint)set.Elements.Count : set.Size;
        if (size == 0 && !isConcatInterval)
        {
            return;
        }

        var description = writer.BeginNested(NfTables.NFTA_SET_DESC);
        if (size != 0)
        {
            writer.UInt32BigEndian(NfTables.NFTA_SET_DESC_SIZE, size);
        }

        if (isConcatInterval)
        {
            var fields = writer.BeginNested(NfTables.NFTA_SET_DESC_CONCAT);
            foreach (var field in set.Key)
            {
                var element = writer.BeginNested(NfTables.NFTA_LIST_ELEM);
                writer.UInt32BigEndian(NfTables.NFTA_SET_FIELD_LEN, field.Type.Size);
                writer.EndNested(element);
            }

            writer.EndNested(fields);
        }

        writer.EndNested(description);
    }

    private static void WriteUserdata(ref NetlinkWriter writer, SetObject set, NftMap? map)
    {
        Span<byte> buffer = stackalloc byte[MaxUserdata];
        var userdata = new TlvWriter(buffer);
        userdata.UInt32(KeyByteOrder, ByteOrder(set.Key));
        if (map is not null)
        {
            userdata.UInt32(DataByteOrder, ByteOrder(map.Data));
        }

        WriteTypeOf(ref userdata, KeyTypeOf, set.Key);
        if (map is not null)
        {
            WriteTypeOf(ref userdata, DataTypeOf, map.Data);
            userdata.UInt32(DataInterval, 0);
        }

        if (set.Comment is { } comment)
        {
            userdata.String(Comment, comment);
        }

        writer.Bytes(NfTables.NFTA_SET_USERDATA, buffer[..userdata.Length]);
    }

    private static void WriteTypeOf(ref TlvWriter userdata, int type, ValueList<KeyField> fields)
    {
        if (fields.IsEmpty || fields[0].TypeOf is null)
        {
            return;
        }

        Span<byte> buffer = stackalloc byte[MaxUserdata];
        var length = TypeOf.Write(buffer, fields);
        userdata.Bytes(type, buffer[..length]);
    }

    // A concatenation has no order of its own: every field has its type's.
    private static uint ByteOrder(ValueList<KeyField> fields) => fields.Count != 1 ? 0 : fields[0].Type.Order == NftTypeOrder.Network ? BigEndian : HostOrder;

    private static uint Fold(ValueList<KeyField> fields)
    {
        uint type = 0;
        foreach (var field in fields)
        {
            type = (type << TypeBits) | field.Type.Id;
        }

        return type;
    }

    private static ValueList<KeyField> Unfold(Fields folded, List<Expression> typeOf)
    {
        var ids = new List<uint>();
        for (var rest = folded.Type; rest != 0; rest >>= TypeBits)
        {
            ids.Insert(0, rest & ((1 << TypeBits) - 1));
        }

        // A single field's size is the key's own; one of several is only known from its type.
        var fields = new KeyField[ids.Count];
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i] = new KeyField(NftType.ById(ids[i], (int)Math.Min(folded.Length, 64)), typeOf.Count == fields.Length ? typeOf[i] : null);
        }

        return ValueList.Adopt(fields);
    }

    private static uint ReadSize(AttributeReader description)
    {
        while (description.Read())
        {
            if (description.Type == NfTables.NFTA_SET_DESC_SIZE)
            {
                return description.UInt32BigEndian();
            }
        }

        return 0;
    }

    private static bool ReadCounters(AttributeReader list)
    {
        while (list.Read())
        {
            if (list.Type == NfTables.NFTA_LIST_ELEM && CounterExpression.ReadWhole(list.Nested()) is not null)
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Fields(uint Type, uint Length);
}
