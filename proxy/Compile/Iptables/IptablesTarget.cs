using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>What a rule does with a packet (<c>-j</c>). Equal where the kernel holds the same.</summary>
internal abstract record IptablesTarget
{
    private IptablesTarget()
    {
    }

    /// <summary><c>-j ACCEPT</c>.</summary>
    public static IptablesTarget Accept { get; } = new Verdict("ACCEPT");

    /// <summary><c>-j DROP</c>.</summary>
    public static IptablesTarget Drop { get; } = new Verdict("DROP");

    /// <summary><c>-j RETURN</c>.</summary>
    public static IptablesTarget Return { get; } = new Verdict("RETURN");

    /// <summary><c>ACCEPT</c>, <c>DROP</c>, <c>RETURN</c>.</summary>
    internal sealed record Verdict(string Name) : IptablesTarget;

    /// <summary>Goes on in another chain, and comes back.</summary>
    internal sealed record Jump(string Chain) : IptablesTarget;

    /// <summary><c>-j REJECT</c> with an ICMP port unreachable.</summary>
    internal sealed record Reject : IptablesTarget;

    /// <summary><c>-j DNAT --to-destination</c>.</summary>
    internal sealed record Dnat(EndpointAddress To) : IptablesTarget;

    /// <summary><c>-j MASQUERADE</c>.</summary>
    internal sealed record Masquerade(bool RandomFully) : IptablesTarget;

    /// <summary><c>-j MARK --set-xmark VALUE/MASK</c>: the mark without the bits of the mask, xor the value.</summary>
    internal sealed record SetMark(uint Value, uint Mask) : IptablesTarget
    {
        /// <summary><c>--or-mark</c>.</summary>
        public static SetMark Or(uint bits) => new(bits, bits);

        /// <summary><c>--xor-mark</c>.</summary>
        public static SetMark Xor(uint bits) => new(bits, 0);
    }

    /// <summary>A target that is not one of the proxy's, as iptables-save writes it.</summary>
    internal sealed record Other(string Text) : IptablesTarget;
}
