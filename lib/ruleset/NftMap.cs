namespace Podwire.Ruleset;

/// <summary>A map from keys to verdicts (<see cref="Data"/> empty) or to values.</summary>
public sealed record NftMap : SetObject
{
    /// <summary>The fields of the value; empty for a verdict map.</summary>
    public ValueList<KeyField> Data { get; init; }

    /// <summary>True for a verdict map.</summary>
    public bool IsVerdictMap => Data.IsEmpty;

    /// <summary>The length of a value in bytes; 0 for a verdict map.</summary>
    public int DataLength => IsVerdictMap ? 0 : LengthOf(Data);

    /// <inheritdoc/>
    public override bool SameDeclaration(SetObject other) => other is NftMap map && Data == map.Data && SameKeyDeclaration(other);
}
