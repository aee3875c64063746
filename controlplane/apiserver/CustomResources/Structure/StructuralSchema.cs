using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Podwire.ApiServer.CustomResources.Structure;

/// <summary>
/// One node of a structural schema (k8s.io/apiextensions-apiserver/pkg/apiserver/schema): what fields there are, which defaults they get
/// and what values they may have. Nodes under allOf, anyOf, oneOf and not only judge values: they have no defaults and prune nothing.
/// </summary>
internal sealed record StructuralSchema
{
    private static readonly Dictionary<string, StructuralSchema> None = [];

    /// <summary>object, array, string, integer, number or boolean; null where an int-or-string or anything at all may stand.</summary>
    public string? Type { get; init; }

    public bool IsNullable { get; init; }

    public bool IsIntOrString { get; init; }

    /// <summary>x-kubernetes-preserve-unknown-fields: fields that are not declared are kept.</summary>
    public bool KeepsUnknown { get; init; }

    /// <summary>x-kubernetes-embedded-resource: a whole object with kind, apiVersion and metadata.</summary>
    public bool IsEmbeddedResource { get; init; }

    public IReadOnlyDictionary<string, StructuralSchema> Properties { get; init; } = None;

    /// <summary>The schema of the values of a map.</summary>
    public StructuralSchema? Additional { get; init; }

    /// <summary>additionalProperties: true.</summary>
    public bool TakesAnyProperty { get; init; }

    /// <summary>The schema of a list's items.</summary>
    public StructuralSchema? Items { get; init; }

    public JsonNode? Default { get; init; }

    public IReadOnlyList<string> Required { get; init; } = [];

    public JsonArray? Enum { get; init; }

    public string? Format { get; init; }

    public Regex? Pattern { get; init; }

    public double? Minimum { get; init; }

    public double? Maximum { get; init; }

    public bool IsMinimumExclusive { get; init; }

    public bool IsMaximumExclusive { get; init; }

    public double? MultipleOf { get; init; }

    public long? MinLength { get; init; }

    public long? MaxLength { get; init; }

    public long? MinItems { get; init; }

    public long? MaxItems { get; init; }

    public long? MinProperties { get; init; }

    public long? MaxProperties { get; init; }

    public bool HasUniqueItems { get; init; }

    /// <summary>x-kubernetes-list-type: atomic, set or map.</summary>
    public string? ListType { get; init; }

    public IReadOnlyList<string> ListKeys { get; init; } = [];

    public IReadOnlyList<StructuralSchema> AllOf { get; init; } = [];

    public IReadOnlyList<StructuralSchema> AnyOf { get; init; } = [];

    public IReadOnlyList<StructuralSchema> OneOf { get; init; } = [];

    public StructuralSchema? Not { get; init; }

    /// <summary>x-kubernetes-validations.</summary>
    public IReadOnlyList<ValidationRule> Rules { get; init; } = [];
}
