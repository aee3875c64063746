namespace Podwire.ApiServer.Security;

/// <summary>
/// Who may do what: a fixed table in place of RBAC objects, least privilege for each of the cluster's own components.
/// </summary>
internal static class Authorizer
{
    private static readonly string[] Read = ["get", "list", "watch"];

    private static readonly Rule[] NodeRules =
    [
        new(["", "nodes"], [.. Read, "create"]),
        new(["", "nodes"], ["update", "patch", "delete"], IsOwnName: true),
        new(["", "nodes/status"], ["get", "update", "patch"], IsOwnName: true),
        new(["", "pods"], [.. Read, "delete"]),
        new(["", "pods/status"], ["get", "update", "patch"]),
        new(["", "services", "", "namespaces", "", "configmaps", "", "secrets", "", "serviceaccounts"], Read),
        new(["", "events"], ["create", "update", "patch"]),
        new(["coordination.k8s.io", "leases"], ["create"], Namespace: "kube-node-lease"),
        new(["coordination.k8s.io", "leases"], ["get", "update", "patch", "delete"], Namespace: "kube-node-lease", IsOwnName: true),
    ];

    private static readonly Rule[] ProxyRules =
    [
        new(["", "nodes", "", "services", "", "endpoints", "discovery.k8s.io", "endpointslices", "networking.k8s.io", "servicecidrs"], Read),
        new(["", "events", "events.k8s.io", "events"], ["create", "update", "patch"]),
    ];

    private static readonly Rule[] FlannelRules =
    [
        new(["", "nodes"], [.. Read, "patch"]),
        new(["", "nodes/status"], ["patch"]),
        new(["", "pods"], ["get"]),
        new(["", "events"], ["create", "update", "patch"]),
    ];

    private static readonly Rule[] CalicoRules =
    [
        new(["", "nodes"], [.. Read, "patch"]),
        new(["", "nodes/status"], ["patch"]),
        new(["", "pods", "", "namespaces", "", "services", "discovery.k8s.io", "endpointslices"], Read),
        new(["", "secrets"], Read, Namespace: "kube-system"),
        new(["", "events"], ["create", "update", "patch"]),
        new(Of("crd.projectcalico.org", "ippools", "bgpconfigurations", "bgppeers", "bgpfilters", "ipreservations"), Read),
        new(Of("crd.projectcalico.org", "ippools/status", "ipamblocks/status", "bgpconfigurations/status", "bgppeers/status", "bgpfilters/status"), ["get", "update", "patch"]),
        new(Of("crd.projectcalico.org", "ipamblocks", "blockaffinities", "ipamhandles", "ipamconfigs", "caliconodestatuses"), [.. Read, "create", "update", "patch", "delete"]),
    ];

    private static readonly Rule[] NetworkPolicyRules =
    [
        new(["", "nodes", "", "pods", "", "namespaces", "", "services", "networking.k8s.io", "networkpolicies", "policy.networking.k8s.io", "clusternetworkpolicies"], Read),
        new(["", "events"], ["create", "update", "patch"]),
    ];

    private static readonly Dictionary<string, Rule[]> RulesByName = new(StringComparer.Ordinal)
    {
        [ClientIdentity.Proxy.CommonName] = ProxyRules,
        [ClientIdentity.Flannel.CommonName] = FlannelRules,
        [ClientIdentity.Calico.CommonName] = CalicoRules,
        [ClientIdentity.NetworkPolicy.CommonName] = NetworkPolicyRules,
    };

    /// <summary>True if the user may; <paramref name="name"/> and <paramref name="namespace"/> are empty where the request has none.</summary>
    public static bool IsAllowed(UserInfo user, string verb, string group, string resource, string subresource, string @namespace, string name)
    {
        if (user.IsMaster || user.Name == ClientIdentity.Controllers.CommonName)
        {
            return true;
        }

        if (IsSelfReview(user, verb, group))
        {
            return true;
        }

        var full = subresource.Length == 0 ? resource : $"{resource}/{subresource}";
        if (user.NodeName is { } node)
        {
            return Array.Exists(NodeRules, rule => rule.Allows(verb, group, full, @namespace, name, node));
        }

        return RulesByName.TryGetValue(user.Name, out var rules) && Array.Exists(rules, rule => rule.Allows(verb, group, full, @namespace, name, string.Empty));
    }

    /// <summary>Paths that are no resources: health and version for everyone, discovery for everyone with a certificate, metrics for masters.</summary>
    public static bool IsAllowedPath(UserInfo user, string path) =>
        path.Split('/')[1] is "healthz" or "livez" or "readyz" or "version"
        || (!user.IsAnonymous && path.Split('/')[1] is ("api" or "apis" or "openapi"))
        || user.IsMaster
        || (path == "/metrics" && user.Name == ClientIdentity.Controllers.CommonName);

    private static string[] Of(string group, params ReadOnlySpan<string> resources)
    {
        var pairs = new string[resources.Length * 2];
        for (var i = 0; i < resources.Length; i++)
        {
            (pairs[2 * i], pairs[(2 * i) + 1]) = (group, resources[i]);
        }

        return pairs;
    }

    private static bool IsSelfReview(UserInfo user, string verb, string group) =>
        !user.IsAnonymous && verb == "create" && group is ("authorization.k8s.io" or "authentication.k8s.io");

    /// <summary>A list of group, resource pairs, and verbs on them; perhaps in one namespace or on the object named like the node only.</summary>
    private sealed record Rule(string[] Resources, string[] Verbs, string? Namespace = null, bool IsOwnName = false)
    {
        public bool Allows(string verb, string group, string resource, string @namespace, string name, string own)
        {
            if (!Verbs.Contains(verb) || (Namespace is not null && Namespace != @namespace) || (IsOwnName && name != own))
            {
                return false;
            }

            for (var i = 0; i < Resources.Length; i += 2)
            {
                if (Resources[i] == group && Resources[i + 1] == resource)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
