using System.Net;
using System.Security.Cryptography.X509Certificates;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Tests.EndToEnd;

[Collection(ControlPlane.Collection)]
public class NodeTests(ControlPlane plane)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Node_WithoutNetwork_RegistersNotReadyAndTurnsReady()
    {
        await using var node = new TestNode(plane, configured: false);
        node.Start();
        var registered = await UntilAsync(node, one => ReadyOf(one) is { Status: "False" });
        Assert.Contains("NetworkPluginNotReady", ReadyOf(registered)!.Message, StringComparison.Ordinal);
        node.Configure();
        var ready = await UntilAsync(node, one => ReadyOf(one) is { Status: "True" });
        Assert.Equal(("v1.32.0+podwire", "podwire://0.1.0"), (ready.Status.NodeInfo!.KubeletVersion, ready.Status.NodeInfo.ContainerRuntimeVersion));
        Assert.Equal(node.Name, ready.Metadata.Labels["kubernetes.io/hostname"]);
        Assert.Equal(node.Port, ready.Status.DaemonEndpoints!.KubeletEndpoint!.Port);
        Assert.Equal("110", ready.Status.Allocatable["pods"].ToString());
        Assert.Contains(ready.Status.Addresses, address => address is { Type: "InternalIP", Address: "127.0.0.1" });
        Lease? lease = null;
        await node.UntilAsync(() => (lease = node.Client.TryGetAsync(KubeResources.Leases, "kube-node-lease", node.Name, Cancel).GetAwaiter().GetResult()) is not null);
        Assert.Equal((node.Name, 40), (lease!.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds));
    }

    [Fact]
    public async Task Node_ObjectDeleted_RegistersAgain()
    {
        await using var node = new TestNode(plane, configured: false);
        node.Start();
        var first = await UntilAsync(node, _ => true);
        await node.Client.DeleteAsync(KubeResources.Nodes, null, node.Name, Cancel);
        node.Configure();
        var second = await UntilAsync(node, one => one.Metadata.Uid != first.Metadata.Uid && ReadyOf(one)?.Status == "True");
        Assert.Equal(node.Name, second.Metadata.Name);
    }

    [Fact]
    public async Task Server_WithoutClientCertificate_LetsNobodyIn()
    {
        await using var node = new TestNode(plane);
        node.Start();
        await UntilAsync(node, _ => true);
        using var http = Client(node, certificate: null);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => http.GetAsync("/healthz", Cancel));
    }

    [Theory]
    [InlineData("/healthz", HttpStatusCode.OK, "ok")]
    [InlineData("/pods", HttpStatusCode.OK, "PodList")]
    [InlineData("/metrics", HttpStatusCode.OK, "kubelet_running_pods 0")]
    [InlineData("/exec/default/p/c", HttpStatusCode.NotImplemented, "exec is not served")]
    [InlineData("/containerLogs/default/none/c", HttpStatusCode.NotFound, "pod \"none\" not found")]
    [InlineData("/containerLogs/default/none/c?tailLines=x", HttpStatusCode.BadRequest, "tailLines")]
    [InlineData("/nothing", HttpStatusCode.NotFound, "404")]
    public async Task Server_Path_Answers(string path, HttpStatusCode status, string text)
    {
        await using var node = new TestNode(plane);
        node.Start();
        await UntilAsync(node, _ => true);
        var config = plane.Admin.Config;
        using var pem = X509Certificate2.CreateFromPem(config.ClientCertificatePem, config.ClientKeyPem);
        using var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        using var http = Client(node, certificate);
        using var answer = await http.GetAsync(path, Cancel);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(text, await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private static Condition? ReadyOf(Node node) => node.Status.Conditions.Find(condition => condition.Type == "Ready");

    private static async Task<Node> UntilAsync(TestNode node, Func<Node, bool> asked)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(90));
        while (true)
        {
            if (await node.Client.TryGetAsync(KubeResources.Nodes, null, node.Name, Cancel) is { } found && asked(found))
            {
                return found;
            }

            await Task.Delay(50, patience.Token);
        }
    }

    private static HttpClient Client(TestNode node, X509Certificate2? certificate)
    {
#pragma warning disable CA5359 // The kubelet's certificate is its own; what is tested is the client's.
        var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
#pragma warning restore CA5359
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        return new(handler) { BaseAddress = new Uri($"https://127.0.0.1:{node.Port}") };
    }
}
