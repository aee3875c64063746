namespace Podwire.Ruleset;

/// <summary>A routing look-up.</summary>
public sealed record Fib(FibFlags Flags, FibResult Result) : Expression
{
    /// <summary><c>fib daddr type</c>.</summary>
    public static Fib DaddrType { get; } = new(FibFlags.Daddr, FibResult.AddressType);

    /// <summary><c>fib saddr type</c>.</summary>
    public static Fib SaddrType { get; } = new(FibFlags.Saddr, FibResult.AddressType);

    /// <inheritdoc/>
    public override NftType? Type => Result switch
    {
        FibResult.Oif => NftType.InterfaceIndex,
        FibResult.Oifname => NftType.InterfaceName,
        FibResult.AddressType => NftType.FibAddressType,
        _ => null,
    };
}
