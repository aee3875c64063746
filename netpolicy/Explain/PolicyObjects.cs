using System.Net.Sockets;
using Podwire.Kube;
using Podwire.NetPolicy.Domains;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Watch;
using Podwire.NetPolicy.Watch.Api;
using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Explain;

/// <summary>Reads everything once, for a command that is over soon.</summary>
internal static class PolicyObjects
{
    /// <summary>All pods, namespaces, nodes and policies as they are now.</summary>
    /// <exception cref="KubeApiException">The API server refuses.</exception>
    public static async Task<PolicySnapshot> ReadAsync(KubeClient client, CancellationToken cancel)
    {
        var state = new PolicyState();
        await EachAsync(client, PolicyResources.Namespaces, ns => state.SetNamespace(ns.Metadata.Name, NamespaceLabels(ns)), cancel).ConfigureAwait(false);
        await EachAsync(client, PolicyResources.Nodes, node => state.SetNode(node.Metadata.Name, NodeReader.Read(node)), cancel).ConfigureAwait(false);
        await EachAsync(client, PolicyResources.Pods, pod => state.SetPod(ObjectKey.Of(pod), PodReader.Read(pod)), cancel).ConfigureAwait(false);
        await EachAsync(client, PolicyResources.NetworkPolicies, policy => Set(state, NetworkPolicyReader.Read(policy)), cancel).ConfigureAwait(false);
        try
        {
            await EachAsync(client, PolicyResources.ClusterNetworkPolicies, policy => Set(state, ClusterPolicyReader.Read(policy)), cancel).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            // Not served: there are none.
        }

        await ResolveAsync(state, client, cancel).ConfigureAwait(false);
        return state.Take(everything: true)!;
    }

    /// <summary>Domain names are asked for here and now; one that nobody knows has no address.</summary>
    private static async Task ResolveAsync(PolicyState state, KubeClient client, CancellationToken cancel)
    {
        var wanted = state.WantedDomains();
        // Nobody can be asked for all names behind a wildcard.
        wanted.RemoveWhere(DomainWildcard.Is);
        if (wanted.Count == 0)
        {
            return;
        }

        var resolver = new DnsResolver(await DnsServers.FindAsync(null, client, cancel).ConfigureAwait(false), static (family, type, protocol) => new Socket(family, type, protocol));
        foreach (var name in wanted)
        {
            try
            {
                var (v4, v6) = (await resolver.ResolveAsync(name, DnsType.A, cancel).ConfigureAwait(false), await resolver.ResolveAsync(name, DnsType.Aaaa, cancel).ConfigureAwait(false));
                state.SetDomain(name, [.. v4.Addresses, .. v6.Addresses]);
            }
            catch (DnsException)
            {
                state.SetDomain(name, []);
            }
        }
    }

    private static LabelSet NamespaceLabels(NamespaceObject ns) => LabelSet.Of(ns.Metadata.Labels).With("kubernetes.io/metadata.name", ns.Metadata.Name);

    private static void Set(PolicyState state, PolicyRecord policy) => state.SetPolicy(policy.Id, policy);

    private static async Task EachAsync<T>(KubeClient client, KubeResource<T> resource, Action<T> take, CancellationToken cancel)
        where T : class, IKubeObject
    {
        await foreach (var page in client.ListPagesAsync(resource, null, new ListOptions { Limit = 500 }, cancel).ConfigureAwait(false))
        {
            page.Items.ForEach(take);
        }
    }
}
