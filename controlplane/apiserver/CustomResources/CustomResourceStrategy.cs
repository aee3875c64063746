using System.Text.Json.Nodes;
using Podwire.ApiServer.CustomResources.Structure;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.CustomResources;

/// <summary>The rules of a resource that a CustomResourceDefinition declares: its schema's.</summary>
internal sealed class CustomResourceStrategy(StructuralSchema schema, bool hasStatus) : ResourceStrategy
{
    public override bool HasGeneration => true;

    public override bool HasStatus => hasStatus;

    public override void SetDefaults(JsonObject item) => StructuralDefaults.Apply(item, schema);

    public override void PrepareForStatusUpdate(JsonObject item, JsonObject old)
    {
        foreach (var name in item.Select(field => field.Key).Concat(old.Select(field => field.Key)).Distinct().Where(name => name is not ("status" or "metadata")).ToArray())
        {
            item.TakeFrom(name, old);
        }

        var version = item.Object("metadata")?["resourceVersion"]?.DeepClone();
        item.TakeFrom("metadata", old);
        if (version is not null)
        {
            item.Ensure("metadata")["resourceVersion"] = version;
        }
    }

    public override void Validate(JsonObject item, FieldErrors errors)
    {
        // At updates ValidateUpdate judges as well, for the rules that compare; what it finds twice is said once.
        new StructuralValidator(errors).Validate(item, schema);
    }

    public override void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors)
    {
        if (errors.IsEmpty)
        {
            new StructuralValidator(errors).Validate(item, schema, old);
        }
    }

    /// <summary>Everything but metadata and status counts.</summary>
    public override bool IsNewGeneration(JsonObject item, JsonObject old) =>
        item.Select(field => field.Key).Concat(old.Select(field => field.Key)).Distinct()
            .Where(name => name != "metadata" && !(name == "status" && hasStatus))
            .Any(name => !JsonNode.DeepEquals(item[name], old[name]));
}
