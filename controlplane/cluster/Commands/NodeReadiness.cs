using Podwire.Kube.Objects;

namespace Podwire.Cluster.Commands;

/// <summary>The Ready condition of nodes and pods.</summary>
internal static class NodeReadiness
{
    public static bool IsReady(Node node) => node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    public static bool IsReady(Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
}
