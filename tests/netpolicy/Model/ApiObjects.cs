using System.Text.Json;
using Podwire.NetPolicy.Watch.Api;

namespace Podwire.NetPolicy.Tests.Model;

/// <summary>Objects as an API server would send them, and where they live.</summary>
internal static class ApiObjects
{
    public const string Pods = "api/v1/pods";
    public const string Namespaces = "api/v1/namespaces";
    public const string Nodes = "api/v1/nodes";
    public const string Policies = "apis/networking.k8s.io/v1/networkpolicies";
    public const string ClusterPolicies = "apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies";

    /// <param name="name">The name.</param>
    /// <param name="labels">«key=value», with spaces.</param>
    public static string Namespace(string name, string labels = "") =>
        $$$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{{name}}}","uid":"{{{name}}}","resourceVersion":"$RV","labels":{{{Labels(labels)}}}}}""";

    public static string Node(string name, string addresses) =>
        $$$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{name}}}","uid":"{{{name}}}","resourceVersion":"$RV","labels":{"role":"{{{name}}}"}},"status":{"addresses":[{{{string.Join(',', addresses.Split(' ').Select(address => $$"""{"type":"InternalIP","address":"{{address}}"}"""))}}}]}}""";

    /// <param name="ns">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="node">The node.</param>
    /// <param name="addresses">Addresses, with spaces.</param>
    /// <param name="labels">«key=value», with spaces.</param>
    /// <param name="ports">«name/PROTOCOL/port», with spaces.</param>
    /// <param name="phase">The phase.</param>
    /// <param name="spec">More fields of the spec, with a comma in front.</param>
    /// <param name="created">Seconds after the hour.</param>
    public static string Pod(string ns, string name, string node, string addresses, string labels, string ports = "", string phase = "Running", string spec = "", int created = 0)
    {
        var list = Words(ports).Select(port => port.Split('/')).Select(part => $$"""{"name":"{{part[0]}}","protocol":"{{part[1]}}","containerPort":{{part[2]}}}""");
        return $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"{{{ns}}}","name":"{{{name}}}","uid":"{{{name}}}","resourceVersion":"$RV","creationTimestamp":"2026-01-01T00:00:{{{created:00}}}Z","labels":{{{Labels(labels)}}}},"spec":{"nodeName":"{{{node}}}","containers":[{"name":"c","ports":[{{{string.Join(',', list)}}}]}]{{{spec}}}},"status":{"phase":"{{{phase}}}","podIPs":[{{{string.Join(',', Words(addresses).Select(address => $$"""{"ip":"{{address}}"}"""))}}}]}}""";
    }

    public static string Policy(string ns, string name, string spec) =>
        $$$"""{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"namespace":"{{{ns}}}","name":"{{{name}}}","uid":"{{{name}}}","resourceVersion":"$RV"},"spec":{{{spec}}}}""";

    public static string ClusterPolicy(string name, string spec) =>
        $$$"""{"apiVersion":"policy.networking.k8s.io/v1alpha2","kind":"ClusterNetworkPolicy","metadata":{"name":"{{{name}}}","uid":"{{{name}}}","resourceVersion":"$RV"},"spec":{{{spec}}}}""";

    /// <summary>The object as the watch reads it.</summary>
    public static T Read<T>(string json) => JsonSerializer.Deserialize(json, PolicyResources.TypeInfo<T>())!;

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Labels(string labels) => $"{{{string.Join(',', Words(labels).Select(label => label.Split('=')).Select(pair => $"\"{pair[0]}\":\"{pair[1]}\""))}}}";
}
