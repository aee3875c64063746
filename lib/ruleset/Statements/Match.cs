using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>Goes on only if <paramref name="Left"/> compares with <paramref name="Right"/> as told.</summary>
public sealed record Match(Expression Left, MatchOperator Operator, NftData Right) : Statement
{
    /// <summary><c>left == right</c>.</summary>
    public static Match Equal(Expression left, NftScalar right) => new(left, MatchOperator.Equal, right);

    /// <summary><c>left != right</c>.</summary>
    public static Match NotEqual(Expression left, NftScalar right) => new(left, MatchOperator.NotEqual, right);

    /// <summary><c>ip saddr 10.0.0.0/8</c>, or <c>!=</c>.</summary>
    public static Match Prefix(Expression left, IpPrefix prefix, bool negated = false)
    {
        var value = NftScalar.Address(prefix.First);
        return new(
            prefix.IsHost ? left : Bitwise.And(left, NftData.Of(NftScalar.Address(prefix.Netmask))),
            negated ? MatchOperator.NotEqual : MatchOperator.Equal,
            value);
    }

    /// <summary><c>ct state established,related</c>: any of the bits.</summary>
    public static Match State(CtState any) => new(Bitwise.And(Ct.State, (uint)any), MatchOperator.NotEqual, NftData.Integer(0));

    /// <summary><c>ct status dnat</c>: any of the bits.</summary>
    public static Match Status(CtStatus any) => new(Bitwise.And(Ct.Status, (uint)any), MatchOperator.NotEqual, NftData.Integer(0));

    /// <summary><c>meta mark &amp; mask == value</c>.</summary>
    public static Match Mark(uint mask, uint value) => new(Bitwise.And(Meta.Mark, mask), MatchOperator.Equal, NftData.Integer(value));

    /// <summary><c>meta l4proto tcp</c>.</summary>
    public static Match Protocol(IpProtocol protocol) => Equal(Meta.L4proto, protocol);

    /// <summary><c>meta nfproto ipv4</c>, which an inet table needs before anything is read from the IP header.</summary>
    public static Match Family(IpFamily family) => Equal(Meta.Nfproto, NftScalar.Byte((byte)family));

    /// <summary><c>fib daddr type local</c>.</summary>
    public static Match LocalDestination { get; } = Equal(Fib.DaddrType, NftScalar.Integer((uint)FibAddressType.Local));

    /// <summary><c>fib saddr type local</c>.</summary>
    public static Match LocalSource { get; } = Equal(Fib.SaddrType, NftScalar.Integer((uint)FibAddressType.Local));

    /// <summary><c>iifname "eth0"</c>; a trailing <c>*</c> makes it a prefix of the name.</summary>
    public static Match InterfaceName(Meta which, string name, bool negated = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var right = name[^1] == '*'
            ? NftData.FromBytes(System.Text.Encoding.UTF8.GetBytes(name[..^1]))
            : NftData.Of(NftScalar.InterfaceName(name));
        return new(which, negated ? MatchOperator.NotEqual : MatchOperator.Equal, right);
    }
}
