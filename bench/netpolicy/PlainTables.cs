using System.Text;
using Podwire.NetPolicy.State;

namespace Podwire.NetPolicyBench;

/// <summary>
/// The rules of <see cref="BenchCluster"/> as one writes them by hand for nft: a map from the pods of this node to the chains of their policies, and for each rule a set of its
/// peers. Knows nothing of the enforcer's compiler.
/// </summary>
internal static class PlainTables
{
    public static string Of(PolicySnapshot cluster)
    {
        var text = new StringBuilder("table ip plain {\n");
        var pods = new StringBuilder();
        foreach (var (id, policy) in cluster.Policies)
        {
            var local = PodsOf(cluster, policy!.Subject).FindAll(static pod => pod.Node == BenchCluster.Node);
            if (local.Count == 0)
            {
                continue;
            }

            var rules = new StringBuilder();
            for (var i = 0; i < policy.Ingress.Length; i++)
            {
                var rule = policy.Ingress[i];
                var set = $"{id.Name}-{i}";
                var peer = rule.Peers![0];
                text.Append($"set {set} {{ type ipv4_addr; ");
                if (peer.Block is { } block)
                {
                    // Below and above the exception.
                    var (all, except) = (block.Prefix, block.Except[0]);
                    List<string> parts = [];
                    if (except.First != all.First)
                    {
                        parts.Add($"{all.First}-{Primitives.IpAddress.FromV4((uint)except.First.Value - 1)}");
                    }

                    if (except.Last != all.Last)
                    {
                        parts.Add($"{Primitives.IpAddress.FromV4((uint)except.Last.Value + 1)}-{all.Last}");
                    }

                    text.Append($"flags interval; elements = {{ {string.Join(", ", parts)} }} }}\n");
                }
                else
                {
                    var peers = PodsOf(cluster, peer.Pods!);
                    text.Append(peers.Count == 0 ? "}\n" : $"elements = {{ {string.Join(", ", peers.ConvertAll(static pod => pod.Addresses[0].ToString()))} }} }}\n");
                }

                var ports = Array.ConvertAll(rule.Ports ?? [], static port => port.Name is null ? port.From : (ushort)8080);
                rules.Append(ports.Length == 0 ? string.Empty : $"tcp dport {{ {string.Join(", ", ports)} }} ").Append($"ip saddr @{set} accept\n");
            }

            text.Append($"chain {id.Name} {{\n{rules}drop\n}}\n");
            local.ForEach(pod => pods.Append(pods.Length == 0 ? string.Empty : ", ").Append($"{pod.Addresses[0]} : goto {id.Name}"));
        }

        return text.Append($"map pods {{ type ipv4_addr : verdict; elements = {{ {pods} }} }}\n")
            .Append("chain forward { type filter hook forward priority filter - 5; policy accept; ct state established,related accept; ip daddr vmap @pods; }\n}\n").ToString();
    }

    private static List<PodRecord> PodsOf(PolicySnapshot cluster, PeerSelector selector)
    {
        var found = new List<PodRecord>();
        foreach (var (ns, pods) in Index(cluster))
        {
            if (selector.Namespace is { } own ? own == ns : selector.Namespaces!.Matches(cluster.Namespaces[ns]!))
            {
                found.AddRange(pods.FindAll(pod => selector.Pods.Matches(pod.Labels)));
            }
        }

        return found;
    }

    private static Dictionary<string, List<PodRecord>>? byNamespace;
    private static PolicySnapshot? indexed;

    private static Dictionary<string, List<PodRecord>> Index(PolicySnapshot cluster)
    {
        if (indexed != cluster)
        {
            (indexed, byNamespace) = (cluster, []);
            foreach (var (key, pod) in cluster.Pods)
            {
                if (!byNamespace.TryGetValue(key.Namespace, out var pods))
                {
                    byNamespace[key.Namespace] = pods = [];
                }

                pods.Add(pod!);
            }
        }

        return byNamespace!;
    }
}
