using System.Globalization;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Resources;

/// <summary>apps/v1 Deployments.</summary>
internal sealed class DeploymentStrategy : ResourceStrategy
{
    public override bool HasGeneration => true;

    public override bool HasStatus => true;

    public override void SetDefaults(JsonObject item)
    {
        var spec = item.Ensure("spec");
        TemplateRules.SetDefaults(spec);
        var strategy = spec.Ensure("strategy");
        strategy.Default("type", "RollingUpdate");
        if (strategy.Text("type") == "RollingUpdate")
        {
            var rolling = strategy.Ensure("rollingUpdate");
            rolling["maxUnavailable"] ??= "25%";
            rolling["maxSurge"] ??= "25%";
        }

        spec["revisionHistoryLimit"] ??= 10L;
        spec["progressDeadlineSeconds"] ??= 600L;
        item.Ensure("status");
    }

    public override void Validate(JsonObject item, FieldErrors errors)
    {
        var spec = item.Ensure("spec");
        TemplateRules.Validate(spec, errors);
        var strategy = spec.Object("strategy");
        switch (strategy.Text("type"))
        {
            case "Recreate" when strategy!["rollingUpdate"] is not null:
                errors.Forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
                break;
            case "RollingUpdate":
                var surge = Amount(strategy.At("rollingUpdate")!["maxSurge"], "spec.strategy.rollingUpdate.maxSurge", errors);
                var unavailable = Amount(strategy.At("rollingUpdate")!["maxUnavailable"], "spec.strategy.rollingUpdate.maxUnavailable", errors);
                if (surge == 0 && unavailable == 0)
                {
                    errors.Invalid("spec.strategy.rollingUpdate.maxUnavailable", strategy.At("rollingUpdate")!["maxUnavailable"], "may not be 0 when `maxSurge` is 0");
                }

                break;
            case "Recreate":
                break;
            case var other:
                errors.NotSupported("spec.strategy.type", other ?? string.Empty, "Recreate", "RollingUpdate");
                break;
        }

        if (spec.Number("progressDeadlineSeconds") is { } deadline)
        {
            if (deadline < 0)
            {
                errors.Invalid("spec.progressDeadlineSeconds", spec["progressDeadlineSeconds"], "must be greater than or equal to 0");
            }
            else if (deadline <= (spec.Number("minReadySeconds") ?? 0))
            {
                errors.Invalid("spec.progressDeadlineSeconds", spec["progressDeadlineSeconds"], "must be greater than minReadySeconds");
            }
        }
    }

    public override void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors) => TemplateRules.ValidateUpdate(item, old, errors);

    /// <summary>A whole number or a percentage; -1 if it is neither.</summary>
    private static long Amount(JsonNode? value, string field, FieldErrors errors)
    {
        if (value.AsNumber() is { } number)
        {
            if (number >= 0)
            {
                return number;
            }

            errors.Invalid(field, value, "must be greater than or equal to 0");
            return -1;
        }

        if (value.AsText() is { } text && text.EndsWith('%') && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent))
        {
            if (percent > 100 && field.EndsWith("maxUnavailable", StringComparison.Ordinal))
            {
                errors.Invalid(field, value, "must not be greater than 100%");
            }

            return percent;
        }

        errors.Invalid(field, value, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
        return -1;
    }
}
