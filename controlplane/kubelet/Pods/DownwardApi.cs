using System.Text.RegularExpressions;
using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Pods;

/// <summary>What a pod may learn of itself (Kubernetes: «Downward API»).</summary>
internal static partial class DownwardApi
{
    /// <summary>The value of a fieldPath; <paramref name="facts"/> has what the API does not have yet (the address just given).</summary>
    /// <exception cref="ConfigurationException">No such field.</exception>
    public static string Field(Pod pod, PodFacts facts, string path) => path switch
    {
        "metadata.name" => pod.Metadata.Name,
        "metadata.namespace" => pod.Metadata.Namespace ?? "",
        "metadata.uid" => pod.Metadata.Uid ?? "",
        "metadata.labels" => Lines(pod.Metadata.Labels),
        "metadata.annotations" => Lines(pod.Metadata.Annotations),
        "spec.nodeName" => pod.Spec.NodeName ?? "",
        "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? "",
        "status.hostIP" => First(facts.HostIPs),
        "status.hostIPs" => string.Join(',', facts.HostIPs),
        "status.podIP" => First(facts.PodIPs),
        "status.podIPs" => string.Join(',', facts.PodIPs),
        _ when Subscript().Match(path) is { Success: true } match => OneOf(pod, match),
        _ => throw ConfigurationException.Config($"unsupported fieldPath: {path}"),
    };

    /// <summary>The value of a resourceFieldRef: a limit or request, else what the node has.</summary>
    /// <exception cref="ConfigurationException">No such resource or container.</exception>
    public static string Resource(Pod pod, Container container, PodFacts facts, ResourceFieldSelector selector)
    {
        if (!string.IsNullOrEmpty(selector.ContainerName))
        {
            container = pod.Spec.Containers.Concat(pod.Spec.InitContainers).FirstOrDefault(one => one.Name == selector.ContainerName)
                ?? throw ConfigurationException.Config($"container {selector.ContainerName} not found");
        }

        var (kind, name) = selector.Resource.Split('.', 2) is [var first, var second] ? (first, second) : ("", "");
        var found = kind switch
        {
            "limits" => container.Resources?.Limits,
            "requests" => container.Resources?.Requests,
            _ => throw ConfigurationException.Config($"unsupported container resource: {selector.Resource}"),
        };
        Quantity amount = default;
        if (found is null || !found.TryGetValue(name, out amount))
        {
            amount = kind == "limits" && facts.Allocatable.TryGetValue(name, out var whole) ? whole : default;
        }

        var divisor = selector.Divisor is { IsZero: false } given ? given : Quantity.FromValue(1);
        return $"{(long)Math.Ceiling((double)amount.MilliValue / divisor.MilliValue)}";
    }

    private static string First(IReadOnlyList<string> addresses) => addresses is [var first, ..] ? first : "";

    private static string OneOf(Pod pod, Match match)
    {
        var map = match.Groups["map"].Value == "labels" ? pod.Metadata.Labels : pod.Metadata.Annotations;
        return map.GetValueOrDefault(match.Groups["key"].Value, "");
    }

    private static string Lines(Dictionary<string, string> map) =>
        string.Join('\n', map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}=\"{pair.Value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\""));

    [GeneratedRegex(@"^metadata\.(?<map>labels|annotations)\['(?<key>[^']+)'\]$")]
    private static partial Regex Subscript();
}
