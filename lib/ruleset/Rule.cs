namespace Podwire.Ruleset;

/// <summary>A rule: statements evaluated from the left until a match fails or a verdict ends them.</summary>
public sealed record Rule
{
    /// <summary>The statements.</summary>
    public ValueList<Statement> Statements { get; init; }

    /// <summary>A remark of at most 127 bytes.</summary>
    public string? Comment
    {
        get;
        init => field = NftComment.Check(value);
    }

    /// <summary>The kernel's number of a rule that was read back, 0 otherwise. Not part of equality.</summary>
    public ulong Handle { get; init; }

    /// <summary>A rule without a comment.</summary>
    public static Rule Of(params ReadOnlySpan<Statement> statements) => new() { Statements = ValueList.Create(statements) };

    /// <summary>Statements and comment.</summary>
    public bool Equals(Rule? other) => other is not null && Comment == other.Comment && Statements == other.Statements;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Comment, Statements);
}
