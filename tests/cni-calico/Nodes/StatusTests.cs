using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Blocks;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Objects that make no sense say so in their status, by three agents that do not fight, and no longer once they are mended.</summary>
public class StatusTests
{
    [Fact]
    public async Task ObjectsThatMakeNoSense_AreNamedInTheirStatus_ByOneNode_UntilTheyAreMended()
    {
        await using var network = await CalicoNetwork.StartAsync(3);
        var api = network.Api.Client;
        await network.Api.PoolAsync("a", "10.244.0.0/16");
        await network.Api.PoolAsync("b", "10.244.128.0/17");
        var stray = IpPrefix.Parse("10.99.0.0/26");
        await api.CreateAsync(CalicoResources.IpamBlocks, new IpamBlock { Metadata = { Name = CalicoNames.Block(stray) }, Spec = AllocationBlock.Create(stray, "node9", false) }, TestApi.Cancel);
        await api.CreateAsync(CalicoResources.BgpFilters, new BgpFilter { Metadata = { Name = "f" }, Spec = { ExportV4 = [new BgpFilterRule { Action = "Accept", Cidr = "nonsense", MatchOperator = "In" }] } }, TestApi.Cancel);
        await api.CreateAsync(CalicoResources.BgpConfigurations, new BgpConfiguration { Metadata = { Name = "default" }, Spec = { ServiceClusterIPs = [new BgpCidr { Cidr = "10.96" }] } }, TestApi.Cancel);
        await api.CreateAsync(CalicoResources.BgpPeers, new BgpPeer { Metadata = { Name = "p" }, Spec = { Node = "node2", PeerIP = "10.89.0.77" } }, TestApi.Cancel);
        await network.StartNodesAsync();
        await ToldAsync(network, CalicoResources.IpPools, "b", "False", "overlaps 10.244.0.0/16 of IPPool a");
        await ToldAsync(network, CalicoResources.IpamBlocks, CalicoNames.Block(stray), "False", "lies in no IPPool");
        await ToldAsync(network, CalicoResources.BgpFilters, "f", "False", "cidr: 'nonsense' is not a network");
        await ToldAsync(network, CalicoResources.BgpConfigurations, "default", "False", "spec.serviceClusterIPs: '10.96'");
        await ToldAsync(network, CalicoResources.BgpPeers, "p", "False", "spec.asNumber is missing");
        var events = (await api.ListAsync(KubeResources.Events, null, null, TestApi.Cancel)).Items;
        Assert.Contains(events, static told => told.Reason == "CalicoObjectRefused" && told.Message?.Contains("overlaps", StringComparison.Ordinal) == true);

        // What is right has no status; the rest goes on.
        Assert.Null((await api.GetAsync(CalicoResources.IpPools, null, "a", TestApi.Cancel)).Status);
        var one = (await network[1].PodAsync("one")).Attach();
        await CalicoNetwork.AssertReachesAsync(one, (await network[2].PodAsync("two")).Attach());

        var pool = await api.GetAsync(CalicoResources.IpPools, null, "b", TestApi.Cancel);
        pool.Spec.Cidr = "10.245.0.0/16";
        await api.UpdateAsync(CalicoResources.IpPools, pool, TestApi.Cancel);
        await api.DeleteAsync(CalicoResources.BgpFilters, null, "f", TestApi.Cancel);
        await network.Api.PoolAsync("c", "10.99.0.0/16");
        var peer = await api.GetAsync(CalicoResources.BgpPeers, null, "p", TestApi.Cancel);
        peer.Spec.AsNumber = 65000;
        await api.UpdateAsync(CalicoResources.BgpPeers, peer, TestApi.Cancel);
        await ToldAsync(network, CalicoResources.IpPools, "b", "True", "");
        await ToldAsync(network, CalicoResources.IpamBlocks, CalicoNames.Block(stray), "True", "");
        await ToldAsync(network, CalicoResources.BgpPeers, "p", "True", "");

        // One of the three has written each: the others found it written.
        var logs = string.Concat(Enumerable.Range(1, 3).Select(number => network[number].Log));
        foreach (var line in (string[])["IPPool b: condition Accepted=False", "IPPool b: condition Accepted=True", "BGPFilter f: condition Accepted=False", "BGPPeer p: condition Accepted=False"])
        {
            Assert.Equal(2, logs.Split(line).Length);
        }
    }

    [Fact]
    public async Task WrongPassword_IsNamedInThePeersStatus_UntilTheSessionStands()
    {
        await using var network = await CalicoNetwork.StartAsync(2);
        var api = network.Api.Client;
        await network.Api.PoolAsync("v4", "10.244.0.0/16");
        await api.CreateAsync(KubeResources.Namespaces, new Namespace { Metadata = { Name = "kube-system" } }, TestApi.Cancel).ContinueWith(static _ => 0, TaskScheduler.Default);
        var secret = new Secret { Metadata = { Name = "bgp", Namespace = "kube-system" }, Data = { ["one"] = Convert.ToBase64String("geheim"u8), ["two"] = Convert.ToBase64String("anders"u8) } };
        secret = await api.CreateAsync(KubeResources.Secrets, secret, TestApi.Cancel);
        await api.CreateAsync(CalicoResources.BgpConfigurations, new BgpConfiguration { Metadata = { Name = "default" }, Spec = { NodeToNodeMeshEnabled = false } }, TestApi.Cancel);
        foreach (var (name, node, address) in ((string, string, string)[])[("one", "node1", "10.89.0.12"), ("two", "node2", "10.89.0.11")])
        {
            var peer = new BgpPeer { Metadata = { Name = name }, Spec = { Node = node, PeerIP = address, AsNumber = 64512, Password = new BgpPassword { SecretKeyRef = new BgpSecretKey { Name = "bgp", Key = name } } } };
            await api.CreateAsync(CalicoResources.BgpPeers, peer, TestApi.Cancel);
        }

        await network.StartNodesAsync("--session-grace-period", "1s");
        await ToldAsync(network, CalicoResources.BgpPeers, "one", "False", "node1 has no session with 10.89.0.12: no answer: it is down, or has another password", CalicoStatus.Established);
        await ToldAsync(network, CalicoResources.BgpPeers, "two", "False", "node2 has no session with 10.89.0.11: no answer: it is down, or has another password", CalicoStatus.Established);
        Assert.Equal(("node1", "10.89.0.12"), (await api.GetAsync(CalicoResources.BgpPeers, null, "one", TestApi.Cancel)).Status!.Sessions.Select(static entry => (entry.Node, entry.Peer)).Single());
        Assert.Contains("BGPPeer one: no session with 10.89.0.12", network[1].Log, StringComparison.Ordinal);
        secret.Data["two"] = secret.Data["one"];
        await api.UpdateAsync(KubeResources.Secrets, secret, TestApi.Cancel);
        await ToldAsync(network, CalicoResources.BgpPeers, "one", "True", "", CalicoStatus.Established);
        await ToldAsync(network, CalicoResources.BgpPeers, "two", "True", "", CalicoStatus.Established);
        Assert.Empty((await api.GetAsync(CalicoResources.BgpPeers, null, "one", TestApi.Cancel)).Status!.Sessions);
        await CalicoNetwork.AssertReachesAsync((await network[1].PodAsync("a")).Attach(), (await network[2].PodAsync("b")).Attach());
    }

    private static Task ToldAsync<T>(CalicoNetwork network, KubeResource<T> resource, string name, string status, string text, string type = CalicoStatus.Accepted)
        where T : class, IStatusObject =>
        CalicoNetwork.UntilAsync($"{resource.Plural} {name} says {type}={status}", async () =>
        {
            var stored = await network.Api.Client.GetAsync(resource, null, name, TestApi.Cancel);
            return stored.Status?.Conditions.Find(condition => condition.Type == type) is { } condition && condition.Status == status && condition.Message?.Contains(text, StringComparison.Ordinal) == true && condition.ObservedGeneration == (stored is IpamBlock ? null : stored.Metadata.Generation)
                ? null
                : $"{stored.Status?.Conditions.Count}\n{network[1].Log}";
        });
}
