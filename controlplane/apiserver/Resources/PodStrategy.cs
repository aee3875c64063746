using System.Text.Json.Nodes;
using Podwire.ApiServer.Defaults;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Resources;

/// <summary>Pods: bound once, changed little, deleted gracefully.</summary>
internal sealed class PodStrategy : ResourceStrategy
{
    private const long DefaultGracePeriodSeconds = 30;
    private const long TaintSeconds = 300;

    public override bool HasStatus => true;

    public override void SetDefaults(JsonObject item)
    {
        var spec = item.Ensure("spec");
        PodSpecDefaults.Apply(spec);
        spec["enableServiceLinks"] ??= true;
    }

    /// <summary>Adds what the admission of a real cluster adds: account, priority, tolerations of a node's first failures.</summary>
    public override void PrepareForCreate(JsonObject item)
    {
        var spec = item.Ensure("spec");
        spec.Default("serviceAccountName", "default");
        spec["priority"] ??= 0L;
        spec.Default("preemptionPolicy", "PreemptLowerPriority");
        foreach (var taint in new[] { "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable" })
        {
            Tolerate(spec, taint);
        }

        item["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = QosClass.Of(spec) };
    }

    /// <summary>An update may leave out what the pod got at its creation.</summary>
    public override void PrepareForUpdate(JsonObject item, JsonObject old)
    {
        base.PrepareForUpdate(item, old);
        var (spec, before) = (item.Ensure("spec"), old.Object("spec"));
        foreach (var name in new[] { "nodeName", "serviceAccountName", "serviceAccount", "priority", "preemptionPolicy" })
        {
            if (spec[name].IsEmpty())
            {
                spec.TakeFrom(name, before);
            }
        }
    }

    public override void Validate(JsonObject item, FieldErrors errors) => PodSpecValidation.Validate(item.Object("spec"), "spec", errors);

    /// <summary>Of a pod's spec only images, activeDeadlineSeconds, added tolerations and a shorter grace period may change.</summary>
    public override void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors)
    {
        var (spec, before) = (item.Object("spec")!, old.Object("spec")!);
        var allowed = (JsonObject)before.DeepClone();
        foreach (var list in new[] { "containers", "initContainers" })
        {
            var images = spec.Objects(list).ToDictionary(container => container.Text("name") ?? string.Empty, container => container["image"], StringComparer.Ordinal);
            foreach (var container in allowed.Objects(list))
            {
                if (images.GetValueOrDefault(container.Text("name") ?? string.Empty) is { } image)
                {
                    container["image"] = image.DeepClone();
                }
            }
        }

        allowed.TakeFrom("activeDeadlineSeconds", spec);
        if (IsPrefix(before["tolerations"] as JsonArray, spec["tolerations"] as JsonArray))
        {
            allowed.TakeFrom("tolerations", spec);
        }

        // Binding sets the node; it comes here with a pod that has none.
        if (before["nodeName"].IsEmpty())
        {
            allowed.TakeFrom("nodeName", spec);
        }

        if (!JsonNode.DeepEquals(spec, allowed))
        {
            errors.Forbidden("spec", "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)");
        }
    }

    /// <summary>A pod that no kubelet runs, or that has ended, needs no grace; else the kubelet ends it and deletes it with 0.</summary>
    public override long GracePeriodSeconds(JsonObject item, long? asked)
    {
        if (string.IsNullOrEmpty(item.Object("spec").Text("nodeName")) || item.Object("status").Text("phase") is "Succeeded" or "Failed")
        {
            return 0;
        }

        var seconds = asked ?? item.Object("spec").Number("terminationGracePeriodSeconds") ?? DefaultGracePeriodSeconds;

        // Negative values count as one second, as in kube-apiserver.
        return seconds < 0 ? 1 : seconds;
    }

    private static bool IsPrefix(JsonArray? before, JsonArray? after)
    {
        if (before is null || before.Count == 0)
        {
            return true;
        }

        return after is not null && before.All(item => after.Any(other => JsonNode.DeepEquals(item, other)));
    }

    /// <summary>Stays five minutes on a node with this taint, unless the pod says something about it.</summary>
    private static void Tolerate(JsonObject spec, string taint)
    {
        var there = spec.Objects("tolerations").Any(toleration =>
            (toleration.Text("key") == taint || (string.IsNullOrEmpty(toleration.Text("key")) && toleration.Text("operator") == "Exists"))
            && toleration.Text("effect") is (null or "" or "NoExecute"));
        if (there)
        {
            return;
        }

        if (spec["tolerations"] is not JsonArray list)
        {
            spec["tolerations"] = list = [];
        }

        list.Add((JsonNode)new JsonObject { ["key"] = taint, ["operator"] = "Exists", ["effect"] = "NoExecute", ["tolerationSeconds"] = TaintSeconds });
    }
}
