using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>How many bytes of registers an expression fills.</summary>
internal static class ExpressionSize
{
    public static int Of(Expression expression) => expression switch
    {
        Payload payload => payload.Length,
        Bitwise bitwise => bitwise.Mask.Length,
        Constant constant => constant.Value.Length,
        Concat concat => OfParts(concat),
        _ => expression.Type?.Size ?? 4,
    };

    private static int OfParts(Concat concat)
    {
        var size = 0;
        foreach (var part in concat.Parts)
        {
            size += Register.SlotsFor(Of(part)) * 4;
        }

        return size;
    }
}
