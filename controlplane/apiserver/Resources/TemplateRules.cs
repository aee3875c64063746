using System.Text.Json.Nodes;
using Podwire.ApiServer.Defaults;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Resources;

/// <summary>What deployments and replicasets share: a selector and a pod template that belong together.</summary>
internal static class TemplateRules
{
    public static void SetDefaults(JsonObject spec)
    {
        if (spec["replicas"] is null)
        {
            spec["replicas"] = 1L;
        }

        if (spec.Object("template") is { } template)
        {
            template.Ensure("metadata");
            PodSpecDefaults.Apply(template.Ensure("spec"));
        }
    }

    public static void Validate(JsonObject spec, FieldErrors errors)
    {
        foreach (var name in new[] { "replicas", "minReadySeconds", "revisionHistoryLimit" })
        {
            if (spec.Number(name) < 0)
            {
                errors.Invalid($"spec.{name}", spec[name], "must be greater than or equal to 0");
            }
        }

        var selector = spec.Object("selector");
        if (selector is null)
        {
            errors.Required("spec.selector");
        }
        else if (SelectorValidation.IsEmpty(selector))
        {
            errors.Invalid("spec.selector", selector, "empty selector is invalid for a set of pods");
        }
        else
        {
            SelectorValidation.Validate(selector, "spec.selector", errors);
        }

        if (spec.Object("template") is not { } template)
        {
            errors.Required("spec.template");
            return;
        }

        var labels = template.At("metadata", "labels");
        if (selector is not null && !SelectorValidation.IsEmpty(selector) && !SelectorValidation.Matches(selector, labels))
        {
            errors.Invalid("spec.template.metadata.labels", labels ?? [], "`selector` does not match template `labels`");
        }

        ObjectMetaRules.ValidateLabels(labels, "spec.template.metadata.labels", errors);
        PodSpecValidation.Validate(template.Object("spec"), "spec.template.spec", errors);
        if (template.Object("spec").Text("restartPolicy") is { Length: > 0 } policy and not "Always")
        {
            errors.NotSupported("spec.template.spec.restartPolicy", policy, "Always");
        }

        if (template.Object("spec")?["activeDeadlineSeconds"] is not null)
        {
            errors.Forbidden("spec.template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in ReplicaSet is not Supported");
        }
    }

    public static void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors)
    {
        if (!JsonNode.DeepEquals(item.At("spec", "selector"), old.At("spec", "selector")))
        {
            errors.Invalid("spec.selector", item.At("spec", "selector"), "field is immutable");
        }
    }
}
