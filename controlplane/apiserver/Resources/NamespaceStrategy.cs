using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Resources;

/// <summary>
/// Namespaces end in two steps: a delete marks them Terminating, the namespace controller empties them and takes "kubernetes" from
/// spec.finalizers through the finalize subresource; then they are gone.
/// </summary>
internal sealed class NamespaceStrategy : ResourceStrategy
{
    private const string NameLabel = "kubernetes.io/metadata.name";
    private const string Finalizer = "kubernetes";

    public override NameRule NameRule => NameRule.Label;

    public override bool HasStatus => true;

    public override void SetDefaults(JsonObject item)
    {
        var metadata = ObjectMetaRules.Of(item);
        if (metadata.Text("name") is { Length: > 0 } name)
        {
            metadata.Ensure("labels")[NameLabel] = name;
        }
    }

    public override void PrepareForCreate(JsonObject item)
    {
        var spec = item.Ensure("spec");
        if (!spec.Texts("finalizers").Contains(Finalizer))
        {
            spec["finalizers"] = new JsonArray([.. spec.Texts("finalizers").Append(Finalizer).Select(name => (JsonNode)JsonValue.Create(name))]);
        }

        item["status"] = new JsonObject { ["phase"] = "Active" };
    }

    public override void PrepareForUpdate(JsonObject item, JsonObject old)
    {
        base.PrepareForUpdate(item, old);
        item.TakeFrom("spec", old);
    }

    public override void MarkDeleted(JsonObject item) => item.Ensure("status")["phase"] = "Terminating";

    public override bool IsHeld(JsonObject item) => item.Object("spec").Texts("finalizers").Any();
}
