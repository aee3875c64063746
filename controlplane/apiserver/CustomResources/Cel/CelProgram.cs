using System.Text.Json.Nodes;

namespace Podwire.ApiServer.CustomResources.Cel;

/// <summary>A compiled rule over <c>self</c>, and over <c>oldSelf</c> where it compares with the object that is replaced.</summary>
internal sealed class CelProgram
{
    private readonly CelNode node;

    private CelProgram(CelNode node, bool isTransition)
    {
        this.node = node;
        IsTransition = isTransition;
    }

    /// <summary>True for a rule that names oldSelf: it is asked at updates only.</summary>
    public bool IsTransition { get; }

    /// <exception cref="CelException">The rule has a syntax error, or uses what this API server does not support.</exception>
    public static CelProgram Compile(string rule) => new(CelParser.Parse(rule, "self", "oldSelf"), CelLexer.Read(rule).Exists(token => token is { Kind: CelTokenKind.Name, Text: "oldSelf" }));

    /// <summary>Whether the rule holds.</summary>
    /// <exception cref="CelException">It has no value for this object.</exception>
    public bool IsMet(JsonNode? self, JsonNode? old = null)
    {
        var variables = new Dictionary<string, object?>(StringComparer.Ordinal) { ["self"] = CelValue.Of(self), ["oldSelf"] = CelValue.Of(old) };
        return new CelEvaluator(variables).Evaluate(node) as bool? ?? throw new CelException("the rule does not give a bool");
    }
}
