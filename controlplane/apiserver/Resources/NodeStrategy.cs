using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;
using Podwire.Primitives;

namespace Podwire.ApiServer.Resources;

/// <summary>Nodes: a kubelet may register with a status; podCIDRs are set once.</summary>
internal sealed class NodeStrategy : ResourceStrategy
{
    public override bool HasStatus => true;

    public override void SetDefaults(JsonObject item)
    {
        var spec = item.Ensure("spec");
        if (spec["podCIDRs"].IsEmpty() && spec.Text("podCIDR") is { Length: > 0 } cidr)
        {
            spec["podCIDRs"] = new JsonArray(cidr);
        }
        else if (spec["podCIDR"].IsEmpty() && spec.Texts("podCIDRs").FirstOrDefault() is { } first)
        {
            spec["podCIDR"] = first;
        }
    }

    /// <summary>Unlike other objects a node is created with its status, as kube-apiserver allows.</summary>
    public override void PrepareForCreate(JsonObject item)
    {
    }

    public override void Validate(JsonObject item, FieldErrors errors)
    {
        var spec = item.Object("spec");
        foreach (var (index, text) in spec.Texts("podCIDRs").Index())
        {
            if (!IpPrefix.TryParse(text, out _))
            {
                errors.Invalid($"spec.podCIDRs[{index}]", text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
            }
        }

        var taints = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, taint) in spec.Objects("taints").Index())
        {
            var at = $"spec.taints[{index}]";
            if (Names.Qualified(taint.Text("key") ?? string.Empty) is { } wrong)
            {
                errors.Invalid($"{at}.key", taint.Text("key") ?? string.Empty, wrong);
            }

            if (taint.Text("effect") is not ("NoSchedule" or "PreferNoSchedule" or "NoExecute"))
            {
                errors.NotSupported($"{at}.effect", taint.Text("effect") ?? string.Empty, "NoSchedule", "PreferNoSchedule", "NoExecute");
            }

            if (!taints.Add($"{taint.Text("key")}:{taint.Text("effect")}"))
            {
                errors.Duplicate(at, $"{taint.Text("key")}:{taint.Text("effect")}");
            }
        }
    }

    public override void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors)
    {
        var (spec, before) = (item.Object("spec")!, old.Object("spec"));
        if (!before?["podCIDRs"].IsEmpty() == true && !JsonNode.DeepEquals(spec["podCIDRs"], before!["podCIDRs"]))
        {
            errors.Forbidden("spec", "node updates may not change podCIDR except from \"\" to valid");
        }

        if (before.Text("providerID") is { Length: > 0 } provider && spec.Text("providerID") != provider)
        {
            errors.Forbidden("spec", "node updates may not change providerID except from \"\" to valid");
        }
    }
}
