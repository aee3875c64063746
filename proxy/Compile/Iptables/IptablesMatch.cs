using Podwire.Primitives;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>A match extension of a rule (<c>-m</c>, iptables-extensions(8)). Equal where the kernel holds the same.</summary>
internal abstract record IptablesMatch
{
    private IptablesMatch()
    {
    }

    /// <summary><c>-m comment --comment</c>; matches always.</summary>
    internal sealed record Comment(string Text) : IptablesMatch;

    /// <summary><c>-m tcp --dport</c>; no port: the protocol alone.</summary>
    internal sealed record Port(IpProtocol Protocol, ushort? Destination) : IptablesMatch;

    /// <summary><c>-m addrtype --src-type LOCAL</c> or <c>--dst-type LOCAL</c>.</summary>
    internal sealed record LocalAddress(bool Source) : IptablesMatch;

    /// <summary><c>-m conntrack --ctstate</c>.</summary>
    internal sealed record State(ConntrackStates States, bool Negated = false) : IptablesMatch;

    /// <summary><c>-m mark --mark VALUE/MASK</c>.</summary>
    internal sealed record Mark(uint Value, uint Mask, bool Negated = false) : IptablesMatch;

    /// <summary><c>-m recent --set</c>: notes the source in the list; matches always.</summary>
    internal sealed record RecentSet(string List) : IptablesMatch;

    /// <summary><c>-m recent --rcheck --seconds N --reap</c>: the source was noted within that time.</summary>
    internal sealed record RecentCheck(string List, int Seconds) : IptablesMatch;

    /// <summary><c>-m statistic --mode random --probability P</c>.</summary>
    /// <param name="Share">P as the kernel holds it (xt_statistic.h): in 2^-31.</param>
    internal sealed record Statistic(uint Share) : IptablesMatch
    {
        /// <summary>P is 1/n.</summary>
        public static Statistic OneOf(int n) => Of(1.0 / n);

        /// <summary>P, 0 to 1.</summary>
        public static Statistic Of(double probability) => new((uint)Math.Round(probability * 0x80000000));
    }

    /// <summary>A match that is not one of the proxy's, as iptables-save writes it.</summary>
    internal sealed record Other(string Text) : IptablesMatch;
}
