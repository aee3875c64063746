namespace Podwire.ApiServer.CustomResources.Cel;

/// <summary>A node of a compiled expression.</summary>
internal abstract record CelNode
{
    /// <summary>A literal; null is CEL's null.</summary>
    public sealed record Literal(object? Value) : CelNode;

    public sealed record Name(string Text) : CelNode;

    /// <summary><c>of.field</c>.</summary>
    public sealed record Select(CelNode Of, string Field) : CelNode;

    /// <summary><c>has(of.field)</c>.</summary>
    public sealed record Has(CelNode Of, string Field) : CelNode;

    /// <summary><c>of[at]</c>.</summary>
    public sealed record Index(CelNode Of, CelNode At) : CelNode;

    public sealed record List(IReadOnlyList<CelNode> Items) : CelNode;

    public sealed record Map(IReadOnlyList<(CelNode Key, CelNode Value)> Entries) : CelNode;

    public sealed record Conditional(CelNode If, CelNode Then, CelNode Else) : CelNode;

    public sealed record Unary(string Operator, CelNode Of) : CelNode;

    public sealed record Binary(string Operator, CelNode Left, CelNode Right) : CelNode;

    /// <summary><c>function(arguments)</c>, or <c>target.function(arguments)</c>.</summary>
    public sealed record Call(string Function, CelNode? Target, IReadOnlyList<CelNode> Arguments) : CelNode;

    /// <summary><c>of.all(variable, body)</c> and its like; <see cref="Where"/> is the filter of a three-argument map.</summary>
    public sealed record Each(string Macro, CelNode Of, string Variable, CelNode? Where, CelNode Body) : CelNode;
}
