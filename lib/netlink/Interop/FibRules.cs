namespace Podwire.Netlink.Interop;

/// <summary>linux/fib_rules.h, names verbatim.</summary>
internal static class FibRules
{
    internal const int FRA_DST = 1;
    internal const int FRA_SRC = 2;
    internal const int FRA_IIFNAME = 3;
    internal const int FRA_PRIORITY = 6;
    internal const int FRA_FWMARK = 10;
    internal const int FRA_TABLE = 15;
    internal const int FRA_FWMASK = 16;
    internal const int FRA_OIFNAME = 17;

    internal const byte FR_ACT_TO_TBL = 1;
}
