using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests.InProcess;

public class RestartTests
{
    [Fact]
    public async Task Controllers_EndedAgainAndAgainInTheMiddle_NeverMakeAPodTooMany()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 2);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cluster.Cancel);
        var most = 0;
        var pods = new ObjectStore<Pod>();
        using var counting = pods.Subscribe(_ => most = Math.Max(most, pods.List().Count(pod => pod.Metadata.DeletionTimestamp is null)));
        var watching = new Reflector<Pod>(cluster.Client, KubeResources.Pods, pods).RunAsync(stop.Token);

        await cluster.Client.CreateAsync(KubeResources.Deployments, DeploymentTests.Fresh("web", 60), Cluster.Cancel);
        for (var i = 1; i <= 5; i++)
        {
            var enough = i * 6;
            await Cluster.EventuallyAsync(() => Task.FromResult(pods.Count >= enough ? null : $"{pods.Count} of {enough} pods"));
            await cluster.StopControllersAsync();
            await cluster.StartControllersAsync();
        }

        await DeploymentTests.CompleteAsync(cluster, "web", 60);
        await cluster.StopControllersAsync();
        await cluster.StartControllersAsync();
        await stop.CancelAsync();
        await watching;
        Assert.Equal(60, most);
        Assert.Single(await cluster.ReplicaSetsAsync());
    }

    [Fact]
    public async Task Endpoints_MadeBeforeTheirService_StayAndGoWithIt()
    {
        await using var cluster = await Cluster.StartAsync();
        var endpoints = new Endpoints { Metadata = { Name = "outside", Namespace = "default" }, Subsets = [new() { Addresses = [new() { Ip = "192.0.2.7" }], Ports = [new() { Port = 80, Protocol = "TCP" }] }] };
        await cluster.Client.CreateAsync(KubeResources.Endpoints, endpoints, Cluster.Cancel);
        var service = Make.Service("outside", ("", 80, 80));
        service.Metadata.Uid = service.Metadata.ResourceVersion = null;
        service.Spec.ClusterIP = null;
        service.Spec.Selector = [];
        await cluster.Client.CreateAsync(KubeResources.Services, service, Cluster.Cancel);

        // Something the endpoints controller certainly handles after both.
        var other = Make.Service("web", ("", 80, 80));
        other.Metadata.Uid = other.Metadata.ResourceVersion = null;
        other.Spec.ClusterIP = null;
        await cluster.Client.CreateAsync(KubeResources.Services, other, Cluster.Cancel);
        await Cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync(KubeResources.Endpoints, "default", "web", Cluster.Cancel) is null ? "no endpoints of the other service" : null);
        Assert.NotNull(await cluster.Client.TryGetAsync(KubeResources.Endpoints, "default", "outside", Cluster.Cancel));

        await cluster.Client.DeleteAsync(KubeResources.Services, "default", "outside", Cluster.Cancel);
        await Cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync(KubeResources.Endpoints, "default", "outside", Cluster.Cancel) is null ? null : "endpoints are left");
    }
}
