using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Resources;

/// <summary>apps/v1 ReplicaSets.</summary>
internal sealed class ReplicaSetStrategy : ResourceStrategy
{
    public override bool HasGeneration => true;

    public override bool HasStatus => true;

    public override void SetDefaults(JsonObject item)
    {
        TemplateRules.SetDefaults(item.Ensure("spec"));
        if (item.Object("status") is not { } status || status["replicas"] is null)
        {
            item.Ensure("status")["replicas"] = 0L;
        }
    }

    public override void Validate(JsonObject item, FieldErrors errors) => TemplateRules.Validate(item.Ensure("spec"), errors);

    public override void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors) => TemplateRules.ValidateUpdate(item, old, errors);
}
