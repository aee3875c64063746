namespace Podwire.ApiServer.Tests;

/// <summary>pods/log through a kubelet.</summary>
public sealed class PodLogTests(TestServer server) : IClassFixture<TestServer>
{
    private const string Pods = "/api/v1/namespaces/default/pods";

    private async Task PrepareAsync(FakeKubelet kubelet, string pod, string node)
    {
        await server.CreateAsync("/api/v1/nodes", $$$$$$"""{"metadata":{"name":"{{{{{{node}}}}}}"},"status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":{{{{{{kubelet.Port}}}}}}}}}}""");
        await server.CreateAsync(Pods, $$$"""{"metadata":{"name":"{{{pod}}}"},"spec":{"nodeName":"{{{node}}}","containers":[{"name":"c","image":"host"}]}}""");
    }

    [Fact]
    public async Task Log_ComesFromThePodsKubelet()
    {
        await using var kubelet = await FakeKubelet.StartAsync(server.Handle.Pki);
        await PrepareAsync(kubelet, "logged", "n-logged");
        Assert.Equal("first\n", await server.Admin.GetStringAsync($"{Pods}/logged/log?tailLines=5&timestamps=true", TestContext.Current.CancellationToken));
        Assert.Equal("kube-apiserver-kubelet-client /containerLogs/default/logged/c?timestamps=true&tailLines=5", kubelet.LastRequest);
        Assert.Equal("first\nsecond\n", await server.Admin.GetStringAsync($"{Pods}/logged/log?follow=true", TestContext.Current.CancellationToken));
        var (code, status) = await server.SendAsync("GET", $"{Pods}/logged/log?previous=true");
        Assert.Equal((400, "previous terminated container not found"), (code, status["message"]!.GetValue<string>()));
        Assert.Equal(400, (await server.SendAsync("GET", $"{Pods}/logged/log?container=other")).Code);
    }

    [Fact]
    public async Task Log_OfAPodWithoutAKubelet_SaysSo()
    {
        Assert.Equal(404, (await server.SendAsync("GET", $"{Pods}/absent/log")).Code);
        await server.CreateAsync(Pods, """{"metadata":{"name":"two"},"spec":{"containers":[{"name":"a","image":"host"},{"name":"b","image":"host"}]}}""");
        var (code, status) = await server.SendAsync("GET", $"{Pods}/two/log");
        Assert.Equal(400, code);
        Assert.Contains("choose one of: [a b]", status["message"]!.GetValue<string>(), StringComparison.Ordinal);
        int port;
        await using (var kubelet = await FakeKubelet.StartAsync(server.Handle.Pki))
        {
            port = kubelet.Port;
            await PrepareAsync(kubelet, "lost", "n-lost");
        }

        var (lost, reason) = await server.SendAsync("GET", $"{Pods}/lost/log");
        Assert.Equal(500, lost);
        Assert.Contains($"https://127.0.0.1:{port}/containerLogs/default/lost/c", reason["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }
}
