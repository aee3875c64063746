namespace Podwire.ApiServer.CustomResources.Cel;

/// <summary>What a piece of an expression is.</summary>
internal enum CelTokenKind
{
    End,
    Name,
    Int,
    Double,
    Text,
    Operator,
}

/// <summary>A piece of an expression; <see cref="Value"/> holds a literal's value.</summary>
internal readonly record struct CelToken(CelTokenKind Kind, string Text, object? Value, int Position);
