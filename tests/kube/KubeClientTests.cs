using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Podwire.Kube.Objects;

namespace Podwire.Kube.Tests;

public class KubeClientTests
{
    private const string PodText = """{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"n","resourceVersion":"7"}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_HaveTheirMethodPathAndBody()
    {
        var asked = new List<string>();
        await using var server = await HttpFixture.StartAsync(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            var text = await body.ReadToEndAsync(Cancel);
            lock (asked)
            {
                asked.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.ContentType} {text}".TrimEnd());
            }

            await context.Response.WriteAsync(context.Request.Path.Value!.EndsWith("/scale", StringComparison.Ordinal)
                ? """{"metadata":{"name":"d","namespace":"n"},"spec":{"replicas":2},"status":{"replicas":1}}"""
                : PodText, Cancel);
        });
        using var client = server.Client();
        var pod = new Pod { Metadata = { Name = "a", Namespace = "n", ResourceVersion = "6" } };
        var patch = JsonNode.Parse("""{"status":{"phase":"Running"}}""")!;
        Assert.Equal("7", (await client.GetAsync(KubeResources.Pods, "n", "a", Cancel)).Metadata.ResourceVersion);
        await client.CreateAsync(KubeResources.Pods, pod, Cancel, new WriteOptions { FieldManager = "me", DryRun = true });
        await client.UpdateAsync(KubeResources.Pods, pod, Cancel);
        await client.UpdateStatusAsync(KubeResources.Pods, pod, Cancel);
        await client.PatchAsync(KubeResources.Pods, "n", "a", KubePatch.Merge(patch), Cancel);
        await client.PatchStatusAsync(KubeResources.Pods, "n", "a", KubePatch.Strategic(patch), Cancel);
        await client.PatchAsync(KubeResources.Pods, "n", "a", KubePatch.Json([new JsonObject { ["op"] = "test" }]), Cancel);
        await client.PatchAsync(KubeResources.Pods, "n", "a", KubePatch.Apply(patch), Cancel, options: new WriteOptions { FieldManager = "me", Force = true });
        await client.DeleteAsync(KubeResources.Pods, "n", "a", Cancel);
        await client.DeleteAsync(KubeResources.Pods, "n", "a", Cancel, new DeleteOptions { GracePeriodSeconds = 0, Preconditions = new() { Uid = "u" } });
        await client.BindAsync("n", "a", "node1", Cancel);
        await client.EvictAsync("n", "a", Cancel);
        var scale = await client.GetScaleAsync(KubeResources.Deployments, "n", "d", Cancel);
        scale.Spec.Replicas = 5;
        await client.UpdateScaleAsync(KubeResources.Deployments, scale, Cancel);
        var sent = """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"n","resourceVersion":"6"},"spec":{},"status":{}}""";
        var statusPatch = """{"status":{"phase":"Running"}}""";
        Assert.Equal(
            [
                "GET /api/v1/namespaces/n/pods/a",
                $"POST /api/v1/namespaces/n/pods?fieldManager=me&dryRun=All application/json {sent}",
                $"PUT /api/v1/namespaces/n/pods/a application/json {sent}",
                $"PUT /api/v1/namespaces/n/pods/a/status application/json {sent}",
                $"PATCH /api/v1/namespaces/n/pods/a application/merge-patch+json {statusPatch}",
                $"PATCH /api/v1/namespaces/n/pods/a/status application/strategic-merge-patch+json {statusPatch}",
                """PATCH /api/v1/namespaces/n/pods/a application/json-patch+json [{"op":"test"}]""",
                $"PATCH /api/v1/namespaces/n/pods/a?fieldManager=me&force=true application/apply-patch+yaml {statusPatch}",
                "DELETE /api/v1/namespaces/n/pods/a",
                """DELETE /api/v1/namespaces/n/pods/a application/json {"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0,"preconditions":{"uid":"u"}}""",
                """POST /api/v1/namespaces/n/pods/a/binding application/json {"apiVersion":"v1","kind":"Binding","metadata":{"name":"a","namespace":"n"},"target":{"apiVersion":"v1","kind":"Node","name":"node1"}}""",
                """POST /api/v1/namespaces/n/pods/a/eviction application/json {"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"a","namespace":"n"}}""",
                "GET /apis/apps/v1/namespaces/n/deployments/d/scale",
                """PUT /apis/apps/v1/namespaces/n/deployments/d/scale application/json {"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"d","namespace":"n"},"spec":{"replicas":5},"status":{"replicas":1}}""",
            ],
            asked);
    }

    [Theory]
    [InlineData(404, "NotFound")]
    [InlineData(409, "Conflict")]
    [InlineData(409, "AlreadyExists")]
    [InlineData(410, "Expired")]
    [InlineData(422, "Invalid")]
    [InlineData(403, "Forbidden")]
    public async Task Refusal_CarriesTheStatus(int code, string reason)
    {
        await using var server = await HttpFixture.StartAsync(context =>
        {
            context.Response.StatusCode = code;
            return context.Response.WriteAsync($$"""
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"it is so","reason":"{{reason}}",
                 "details":{"name":"a","kind":"pods","causes":[{"field":"spec.x","message":"bad"}]},"code":{{code}}}
                """);
        });
        using var client = server.Client();
        var refusal = await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync(KubeResources.Pods, "n", "a", Cancel));
        Assert.Equal((code, reason, "it is so"), (refusal.Code, refusal.Reason, refusal.Message));
        Assert.Equal("spec.x", refusal.Status.Details!.Causes[0].Field);
        Assert.Equal(reason == "NotFound", refusal.IsNotFound);
        Assert.Equal(reason == "Conflict", refusal.IsConflict);
        Assert.Equal(reason == "AlreadyExists", refusal.IsAlreadyExists);
        Assert.Equal(reason == "Expired", refusal.IsGone);
        Assert.Equal(reason == "Invalid", refusal.IsInvalid);
        Assert.Equal(reason == "Forbidden", refusal.IsForbidden);
        Assert.False(refusal.IsTransient);
    }

    [Theory]
    [InlineData("upstream is away")]
    [InlineData("{\"error\":true}")]
    [InlineData("")]
    public async Task Refusal_WithoutAStatus_NamesTheRequest(string body)
    {
        await using var server = await HttpFixture.StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "7";
            return context.Response.WriteAsync(body);
        });
        using var client = server.Client();
        var refusal = await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync(KubeResources.Nodes, null, "a", Cancel));
        Assert.Equal("GET api/v1/nodes/a: 503 Service Unavailable", refusal.Message);
        Assert.Equal(503, refusal.Code);
        Assert.True(refusal.IsTransient);
        Assert.Equal(TimeSpan.FromSeconds(7), refusal.RetryAfter);
    }

    [Fact]
    public async Task TryGet_NotThere_IsNull()
    {
        await using var server = await HttpFixture.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path.Value!.EndsWith("/broken", StringComparison.Ordinal) ? 500 : 404;
            return Task.CompletedTask;
        });
        using var client = server.Client();
        Assert.Null(await client.TryGetAsync(KubeResources.Pods, "n", "a", Cancel));
        Assert.False(await client.TryDeleteAsync(KubeResources.Pods, "n", "a", Cancel));
        await Assert.ThrowsAsync<KubeApiException>(() => client.TryGetAsync(KubeResources.Pods, "n", "broken", Cancel));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"metadata\":5}")]
    public async Task Nonsense_IsAJsonException(string body)
    {
        await using var server = await HttpFixture.StartAsync(context => context.Response.WriteAsync(body));
        using var client = server.Client();
        await Assert.ThrowsAsync<JsonException>(() => client.GetAsync(KubeResources.Pods, "n", "a", Cancel));
    }

    [Fact]
    public async Task NobodyThere_IsAnHttpRequestException()
    {
        using var client = new KubeClient(new KubeConfig { Server = new Uri("http://127.0.0.1:1") });
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(KubeResources.Pods, "n", "a", Cancel));
    }

    [Fact]
    public async Task NoAnswer_IsATimeout_AndCancellationIsNot()
    {
        await using var server = await HttpFixture.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var client = server.Client(new KubeClientOptions { Timeout = TimeSpan.FromMilliseconds(50) });
        var fault = await Assert.ThrowsAsync<TimeoutException>(() => client.GetAsync(KubeResources.Pods, "n", "a", Cancel));
        Assert.StartsWith("GET api/v1/namespaces/n/pods/a: no answer within", fault.Message, StringComparison.Ordinal);

        using var patient = server.Client();
        using var stop = new CancellationTokenSource();
        var call = patient.GetAsync(KubeResources.Pods, "n", "a", stop.Token);
        await Eventually.TrueAsync(() => server.Requests.Count == 2);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Theory]
    [InlineData("n", "")]
    [InlineData("n", "a/b")]
    [InlineData("n", "..")]
    [InlineData("n", "a%2fb")]
    [InlineData("../x", "a")]
    [InlineData(null, "a")]
    [InlineData("", "a")]
    public void Names_ThatWouldChangeThePath_AreRefused(string? ns, string name) =>
        Assert.Throws<ArgumentException>(() => KubeResources.Pods.Path(ns, name));

    [Fact]
    public async Task ListPages_GiveEveryItemOnce_WithItsKind()
    {
        await using var server = await FakeApiServer.StartAsync();
        string[] names = ["a", "b", "c", "d", "e"];
        foreach (var name in names)
        {
            server.Put(name);
        }

        using var client = server.Http.Client();
        var items = new List<ConfigMap>();
        await foreach (var page in client.ListPagesAsync(KubeResources.ConfigMaps, null, new ListOptions { Limit = 2 }, Cancel))
        {
            items.AddRange(page.Items);
        }

        Assert.Equal(names, items.Select(item => item.Metadata.Name));
        Assert.All(items, item => Assert.Equal(("v1", "ConfigMap"), (item.ApiVersion, item.Kind)));
    }

    [Fact]
    public async Task RawObjects_GetTheirKindInLists()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Put("a", "1");
        using var client = server.Http.Client();
        var list = await client.ListAsync(KubeResources.Raw("x.io", "v1", "Thing", "things", true), null, null, Cancel);
        Assert.Equal(("x.io/v1", "Thing"), (list.Items[0].ApiVersion, list.Items[0].Kind));
        Assert.Equal("1", list.Items[0].Unknown!["data"].GetProperty("value").GetString());
        Assert.Equal("GET /apis/x.io/v1/things", Assert.Single(server.Http.Requests));
    }

    [Fact]
    public async Task Connection_IsUsedAgain()
    {
        var connections = new HashSet<string>();
        await using var server = await HttpFixture.StartAsync(context =>
        {
            lock (connections)
            {
                connections.Add(context.Connection.Id);
            }

            context.Response.StatusCode = context.Request.Path.Value!.EndsWith("/a", StringComparison.Ordinal) ? 200 : 404;
            return context.Response.WriteAsync(PodText);
        });
        using var client = server.Client();
        for (var i = 0; i < 5; i++)
        {
            await client.GetAsync(KubeResources.Pods, "n", "a", Cancel);
            Assert.Null(await client.TryGetAsync(KubeResources.Pods, "n", "b", Cancel));
        }

        Assert.Single(connections);
    }

    [Fact]
    public async Task Stream_IsReadAsItComes()
    {
        var more = new TaskCompletionSource();
        await using var server = await HttpFixture.StartAsync(async context =>
        {
            await context.Response.WriteAsync("one\n");
            await context.Response.Body.FlushAsync();
            await more.Task;
            await context.Response.WriteAsync("two\n");
        });
        using var client = server.Client();
        await using var stream = await client.OpenStreamAsync("api/v1/namespaces/n/pods/a/log?follow=true", Cancel);
        using var reader = new StreamReader(stream);
        Assert.Equal("one", await reader.ReadLineAsync(Cancel));
        more.SetResult();
        Assert.Equal("two", await reader.ReadLineAsync(Cancel));
        Assert.Null(await reader.ReadLineAsync(Cancel));
    }

    [Fact]
    public async Task BaseAddress_MayHaveAPath()
    {
        await using var server = await HttpFixture.StartAsync(context => context.Response.WriteAsync("{}"));
        using var client = new KubeClient(new KubeConfig { Server = new Uri(server.Address, "clusters/one") });
        await client.SendRawAsync(HttpMethod.Get, "version", default, null, Cancel);
        Assert.Equal("GET /clusters/one/version", Assert.Single(server.Requests));
    }

    [Fact]
    public async Task TokenFile_IsReadAgainAMinuteLater()
    {
        var seen = new List<string?>();
        await using var server = await HttpFixture.StartAsync(context =>
        {
            seen.Add(context.Request.Headers.Authorization);
            return context.Response.WriteAsync("{}");
        });
        var file = Path.GetTempFileName();
        try
        {
            var time = new ManualTime();
            using var client = new KubeClient(new KubeConfig { Server = server.Address, Token = "other", TokenFile = file }, new KubeClientOptions { Time = time });
            foreach (var (token, step) in new[] { ("one", 0), ("two", 59), ("three", 1) })
            {
                await File.WriteAllTextAsync(file, token + "\n", Cancel);
                time.Advance(TimeSpan.FromSeconds(step));
                await client.SendRawAsync(HttpMethod.Get, "version", default, null, Cancel);
            }
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal(["Bearer one", "Bearer one", "Bearer three"], seen);
    }
}
