namespace Podwire.Ruleset;

/// <summary>A verdict: the end of a rule or the data of a verdict map's element.</summary>
public sealed record Verdict
{
    private Verdict(VerdictCode code, string? chain)
    {
        Code = code;
        Chain = chain;
    }

    /// <summary>What it does.</summary>
    public VerdictCode Code { get; }

    /// <summary>The chain of a jump or goto, null otherwise.</summary>
    public string? Chain { get; }

    /// <summary><see cref="VerdictCode.Accept"/>.</summary>
    public static Verdict Accept { get; } = new(VerdictCode.Accept, null);

    /// <summary><see cref="VerdictCode.Drop"/>.</summary>
    public static Verdict Drop { get; } = new(VerdictCode.Drop, null);

    /// <summary><see cref="VerdictCode.Return"/>.</summary>
    public static Verdict Return { get; } = new(VerdictCode.Return, null);

    /// <summary><see cref="VerdictCode.Continue"/>.</summary>
    public static Verdict Continue { get; } = new(VerdictCode.Continue, null);

    /// <summary><see cref="VerdictCode.Jump"/> to a chain of the same table.</summary>
    public static Verdict Jump(string chain) => new(VerdictCode.Jump, Named(chain));

    /// <summary><see cref="VerdictCode.Goto"/> to a chain of the same table.</summary>
    public static Verdict Goto(string chain) => new(VerdictCode.Goto, Named(chain));

    private static string Named(string chain)
    {
        ArgumentException.ThrowIfNullOrEmpty(chain);
        return chain;
    }

    /// <summary>As <c>nft</c> writes it: <c>goto cluster-3</c>.</summary>
    public override string ToString() => Code switch
    {
        VerdictCode.Drop => "drop",
        VerdictCode.Accept => "accept",
        VerdictCode.Continue => "continue",
        VerdictCode.Return => "return",
        VerdictCode.Jump => $"jump {Chain}",
        VerdictCode.Goto => $"goto {Chain}",
        _ => $"verdict {(int)Code}",
    };
}
