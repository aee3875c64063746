using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;

namespace Podwire.ApiServer.Resources;

/// <summary>Pods: bound once, changed little, deleted gracefully.</summary>
internal sealed class PodStrategy : ResourceStrategy
{
    private const long DefaultGracePeriodSeconds = 30;

    public override bool HasStatus => true;

    public override void PrepareForCreate(JsonObject item) => item["status"] = new JsonObject { ["phase"] = "Pending" };

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
}
