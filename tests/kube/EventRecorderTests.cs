using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Podwire.Kube.Objects;

namespace Podwire.Kube.Tests;

public class EventRecorderTests
{
    private static readonly Pod Web = new() { Metadata = { Name = "web", Namespace = "shop", Uid = "u1", ResourceVersion = "5" } };

    [Fact]
    public async Task SameNews_CountsUpOneEvent()
    {
        await using var run = await Run.StartAsync();
        run.Recorder.Warning(Web, "BackOff", "restarting");
        run.Recorder.Warning(new Pod { Metadata = { Name = "web", Namespace = "shop", Uid = "u1", ResourceVersion = "6" } }, "BackOff", "restarting");
        run.Recorder.Normal(Web, "Started", "it runs");
        await run.AskedAsync(3);
        var (first, told) = run.Asked[0];
        Assert.Equal("POST /api/v1/namespaces/shop/events", first);
        Assert.Equal("""{"apiVersion":"v1","kind":"Pod","namespace":"shop","name":"web","uid":"u1","resourceVersion":"5"}""", Ordered(told["involvedObject"]!));
        Assert.Equal(("Warning", "BackOff", "restarting", 1), ((string?)told["type"], (string?)told["reason"], (string?)told["message"], (int?)told["count"]));
        Assert.Equal("""{"component":"kubelet","host":"node1"}""", told["source"]!.ToJsonString());
        Assert.Equal($"PATCH /api/v1/namespaces/shop/events/{told["metadata"]!["name"]}", run.Asked[1].Request);
        Assert.Equal(2, (int?)run.Asked[1].Body["count"]);
        Assert.Equal("Started", (string?)run.Asked[2].Body["reason"]);
        Assert.NotEqual((string?)told["metadata"]!["name"], (string?)run.Asked[2].Body["metadata"]!["name"]);
    }

    [Fact]
    public async Task ExpiredEvent_IsToldAnew()
    {
        await using var run = await Run.StartAsync();
        run.Recorder.Normal(Web, "Pulled", "x");
        await run.AskedAsync(1);
        run.Answer = request => request.StartsWith("PATCH", StringComparison.Ordinal) ? 404 : 200;
        run.Recorder.Normal(Web, "Pulled", "x");
        await run.AskedAsync(3);
        Assert.StartsWith("POST", run.Asked[2].Request, StringComparison.Ordinal);
        Assert.Equal(1, (int?)run.Asked[2].Body["count"]);
    }

    [Fact]
    public async Task Refusal_LosesThatEventOnly()
    {
        await using var run = await Run.StartAsync();
        run.Answer = _ => 403;
        run.Recorder.Normal(Web, "One", "x");
        await run.AskedAsync(1);
        run.Answer = _ => 200;
        run.Recorder.Normal(Web, "Two", "x");
        await run.AskedAsync(2);
        Assert.Equal("Two", (string?)run.Asked[1].Body["reason"]);
    }

    [Fact]
    public async Task ClusterScopedSubject_IsToldInDefault()
    {
        await using var run = await Run.StartAsync();
        run.Recorder.Normal(new Node { Metadata = { Name = "node1" } }, "Ready", "x");
        await run.AskedAsync(1);
        Assert.Equal("POST /api/v1/namespaces/default/events", run.Asked[0].Request);
    }

    private static string Ordered(JsonNode node) =>
        new JsonObject(new[] { "apiVersion", "kind", "namespace", "name", "uid", "resourceVersion" }.Select(key => KeyValuePair.Create(key, node[key]?.DeepClone()))).ToJsonString();

    private sealed class Run : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly List<(string Request, JsonObject Body)> asked = [];
        private HttpFixture server = null!;
        private KubeClient client = null!;
        private Task task = Task.CompletedTask;

        public EventRecorder Recorder { get; private set; } = null!;

        public Func<string, int> Answer { get; set; } = _ => 200;

        public (string Request, JsonObject Body)[] Asked
        {
            get
            {
                lock (asked)
                {
                    return [.. asked];
                }
            }
        }

        public static async Task<Run> StartAsync()
        {
            var run = new Run();
            run.server = await HttpFixture.StartAsync(async context =>
            {
                var request = $"{context.Request.Method} {context.Request.Path}";
                var body = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body))!;
                context.Response.StatusCode = run.Answer(request);
                lock (run.asked)
                {
                    run.asked.Add((request, body));
                }

                await context.Response.WriteAsync("{}");
            });
            run.client = run.server.Client();
            run.Recorder = new EventRecorder(run.client, "kubelet", "node1", new ManualTime());
            run.task = run.Recorder.RunAsync(run.stop.Token);
            return run;
        }

        public Task AskedAsync(int count) => Eventually.TrueAsync(() => Asked.Length == count);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await task;
            client.Dispose();
            stop.Dispose();
            await server.DisposeAsync();
        }
    }
}
