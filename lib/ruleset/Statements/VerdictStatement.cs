namespace Podwire.Ruleset;

/// <summary>Ends the rule with a verdict.</summary>
public sealed record VerdictStatement(Verdict Verdict) : Statement
{
    /// <summary><c>accept</c>.</summary>
    public static VerdictStatement Accept { get; } = new(Verdict.Accept);

    /// <summary><c>drop</c>.</summary>
    public static VerdictStatement Drop { get; } = new(Verdict.Drop);

    /// <summary><c>return</c>.</summary>
    public static VerdictStatement Return { get; } = new(Verdict.Return);

    /// <summary><c>jump chain</c>.</summary>
    public static VerdictStatement Jump(string chain) => new(Verdict.Jump(chain));

    /// <summary><c>goto chain</c>.</summary>
    public static VerdictStatement Goto(string chain) => new(Verdict.Goto(chain));
}
