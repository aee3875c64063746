using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>One expression in a rule's list: its kernel name and its attributes (NFTA_EXPR_*).</summary>
internal readonly struct ExpressionFrame
{
    private readonly int element;
    private readonly int data;

    private ExpressionFrame(int element, int data)
    {
        this.element = element;
        this.data = data;
    }

    public static ExpressionFrame Begin(ref NetlinkWriter writer, string name, int attribute = NfTables.NFTA_LIST_ELEM)
    {
        var element = writer.BeginNested(attribute);
        writer.String(NfTables.NFTA_EXPR_NAME, name);
        return new(element, writer.BeginNested(NfTables.NFTA_EXPR_DATA));
    }

    public void End(ref NetlinkWriter writer)
    {
        writer.EndNested(data);
        writer.EndNested(element);
    }
}
