using Podwire.Kube;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicyBench;

/// <summary>Clusters of any size: namespaces with pods of ten applications, and policies between them.</summary>
internal static class BenchCluster
{
    public const string Node = "node1";

    /// <param name="pods">All pods.</param>
    /// <param name="policies">All policies.</param>
    /// <param name="namespaces">All namespaces.</param>
    /// <param name="localPods">How many of the pods are on this node, spread over the namespaces.</param>
    public static PolicySnapshot Of(int pods, int policies, int namespaces, int localPods)
    {
        var snapshot = new PolicySnapshot { IsEverything = true };
        for (var i = 0; i < namespaces; i++)
        {
            var name = $"ns{i}";
            snapshot.Namespaces[name] = LabelSet.Of([new("team", $"t{i % 20}"), new("kubernetes.io/metadata.name", name)]);
        }

        for (var i = 0; i < pods; i++)
        {
            var pod = Pod(i, namespaces, i < localPods ? Node : $"node{2 + (i % 100)}");
            snapshot.Pods[pod.Key] = pod;
        }

        for (var i = 0; i < policies; i++)
        {
            var policy = Policy(i, namespaces);
            snapshot.Policies[policy.Id] = policy;
        }

        return snapshot;
    }

    public static PodRecord Pod(int i, int namespaces, string node) => new()
    {
        Key = new($"ns{i % namespaces}", $"pod{i}"),
        Uid = i.ToString(),
        Node = node,
        Labels = LabelSet.Of([new("app", $"a{i / namespaces % 10}"), new("pod-template-hash", $"h{i % 97}"), new("tier", i % 2 == 0 ? "front" : "back")]),
        Addresses = [IpAddress.FromV4(0x0AF40000u + (uint)i)],
        NamedPorts = [new("http", IpProtocol.Tcp, 8080)],
        Created = DateTimeOffset.UnixEpoch,
    };

    /// <summary>A policy for one application of a namespace: from another one there, from a team, from a block.</summary>
    private static PolicyRecord Policy(int i, int namespaces)
    {
        var ns = $"ns{i % namespaces}";
        return new()
        {
            Id = new(ns, $"policy{i}"),
            Subject = new(ns, null, LabelQuery.Parse($"app=a{i / namespaces % 10}")),
            HasIngress = true,
            Ingress =
            [
                new() { Peers = [PeerRecord.Of(new PeerSelector(ns, null, LabelQuery.Parse($"app=a{((i / namespaces) + 1) % 10}")))], Ports = [PortMatch.Range(IpProtocol.Tcp, 80, 80), PortMatch.Named(IpProtocol.Tcp, "http")], Label = "ingress[0]" },
                new() { Peers = [PeerRecord.Of(new PeerSelector(null, LabelQuery.Parse($"team=t{i % 20}"), LabelQuery.Parse($"app=a{i % 10}")))], Ports = [PortMatch.Range(IpProtocol.Tcp, 443, 443)], Label = "ingress[1]" },
                new() { Peers = [PeerRecord.Of(new IpBlock(IpPrefix.Parse("192.168.0.0/16"), [IpPrefix.Parse($"192.168.{i % 250}.0/24")]))], Label = "ingress[2]" },
            ],
        };
    }
}
