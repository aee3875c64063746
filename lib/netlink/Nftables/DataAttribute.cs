using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>A value or a verdict inside an attribute (NFTA_DATA_*).</summary>
internal static class DataAttribute
{
    public static void Write(ref NetlinkWriter writer, int attribute, ReadOnlySpan<byte> value)
    {
        var data = writer.BeginNested(attribute);
        writer.Bytes(NfTables.NFTA_DATA_VALUE, value);
        writer.EndNested(data);
    }

    public static void Write(ref NetlinkWriter writer, int attribute, Verdict verdict)
    {
        var data = writer.BeginNested(attribute);
        var inner = writer.BeginNested(NfTables.NFTA_DATA_VERDICT);
        writer.UInt32BigEndian(NfTables.NFTA_VERDICT_CODE, (uint)(int)verdict.Code);
        if (verdict.Chain is { } chain)
        {
            writer.String(NfTables.NFTA_VERDICT_CHAIN, chain);
        }

        writer.EndNested(inner);
        writer.EndNested(data);
    }

    /// <summary>The value, none if the attribute holds a verdict.</summary>
    public static NftData ReadValue(AttributeReader attribute)
    {
        var inner = attribute.Nested();
        while (inner.Read())
        {
            if (inner.Type == NfTables.NFTA_DATA_VALUE)
            {
                return inner.Data.Length <= 64 ? NftData.FromBytes(inner.Data) : throw new NetlinkProtocolException($"a value of {inner.Data.Length} bytes", inner.Offset);
            }
        }

        return default;
    }

    /// <summary>The verdict, null if the attribute holds a value.</summary>
    public static Verdict? ReadVerdict(AttributeReader attribute, ReadPool pool)
    {
        var outer = attribute.Nested();
        while (outer.Read())
        {
            if (outer.Type == NfTables.NFTA_DATA_VERDICT)
            {
                return ReadVerdictBody(outer.Nested(), pool);
            }
        }

        return null;
    }

    private static Verdict? ReadVerdictBody(AttributeReader attributes, ReadPool pool)
    {
        var code = 0;
        string? chain = null;
        var offset = 0;
        while (attributes.Read())
        {
            offset = attributes.Offset;
            switch (attributes.Type)
            {
                case NfTables.NFTA_VERDICT_CODE:
                    code = (int)attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_VERDICT_CHAIN:
                    chain = pool.Text(attributes.Data.TrimEnd((byte)0));
                    break;
            }
        }

        return (VerdictCode)code switch
        {
            VerdictCode.Accept => Verdict.Accept,
            VerdictCode.Drop => Verdict.Drop,
            VerdictCode.Return => Verdict.Return,
            VerdictCode.Continue => Verdict.Continue,
            VerdictCode.Jump when !string.IsNullOrEmpty(chain) => pool.Jump(chain),
            VerdictCode.Goto when !string.IsNullOrEmpty(chain) => pool.Goto(chain),
            _ => throw new NetlinkProtocolException($"verdict {code}", offset),
        };
    }
}
