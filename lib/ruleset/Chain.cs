namespace Podwire.Ruleset;

/// <summary>A chain with its rules in the order of evaluation.</summary>
public sealed record Chain
{
    /// <summary>The name, unique among the table's chains.</summary>
    public required string Name { get; init; }

    /// <summary>Set for a base chain, null for one that is only reached by jump or goto.</summary>
    public BaseChain? Base { get; init; }

    /// <summary>A remark of at most 127 bytes.</summary>
    public string? Comment
    {
        get;
        init => field = NftComment.Check(value);
    }

    /// <summary>The rules.</summary>
    public ValueList<Rule> Rules { get; init; }

    /// <summary>A regular chain.</summary>
    public static Chain Regular(string name, params ReadOnlySpan<Rule> rules) => new() { Name = name, Rules = ValueList.Create(rules) };

    /// <summary>A base chain.</summary>
    public static Chain Hooked(string name, BaseChain hook, params ReadOnlySpan<Rule> rules) => new() { Name = name, Base = hook, Rules = ValueList.Create(rules) };

    /// <summary>True if the two differ in nothing but rules (and so one can be turned into the other without deleting it).</summary>
    public bool SameDeclaration(Chain other) => other is not null && Name == other.Name && Base == other.Base && Comment == other.Comment;
}
