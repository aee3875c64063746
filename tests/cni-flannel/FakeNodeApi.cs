using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Podwire.CniFlannel.Tests;

/// <summary>The part of an API server that a flannel agent talks to, over plain HTTP: nodes to list, watch and patch, and events to write.</summary>
internal sealed class FakeNodeApi : IAsyncDisposable
{
    private const string Nodes = "/api/v1/nodes";
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, string> nodes = new(StringComparer.Ordinal);
    private readonly List<Channel<byte[]>> watches = [];
    private WebApplication? application;
    private long version = 1;

    /// <summary>What was written of events: «node: message».</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Events { get; } = new();

    /// <summary>Serves on a socket that listens already, in whichever network namespace, and closes it in the end.</summary>
    public async Task StartAsync(Socket listening)
    {
        var descriptor = (ulong)listening.Handle;
        // Closed a second time, the descriptor's number would be somebody else's by then.
        listening.SafeHandle.SetHandleAsInvalid();
        GC.SuppressFinalize(listening);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddLogging();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenHandle(descriptor, static listen => listen.Protocols = HttpProtocols.Http1));
        application = builder.Build();
        application.Run(AnswerAsync);
        await application.StartAsync();
    }

    /// <summary>Creates a node or changes it; the text has no resourceVersion.</summary>
    public void Set(JsonNode node)
    {
        lock (gate)
        {
            var name = (string)node["metadata"]!["name"]!;
            node["metadata"]!["resourceVersion"] = $"{++version}";
            var known = nodes.ContainsKey(name);
            nodes[name] = node.ToJsonString();
            Tell(known ? "MODIFIED" : "ADDED", nodes[name]);
        }
    }

    public void Delete(string name)
    {
        lock (gate)
        {
            if (nodes.Remove(name, out var text))
            {
                var node = JsonNode.Parse(text)!;
                node["metadata"]!["resourceVersion"] = $"{++version}";
                Tell("DELETED", node.ToJsonString());
            }
        }
    }

    public JsonNode? Get(string name)
    {
        lock (gate)
        {
            return nodes.TryGetValue(name, out var text) ? JsonNode.Parse(text) : null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            watches.ForEach(static watch => watch.Writer.TryComplete());
        }

        if (application is not null)
        {
            using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await application.StopAsync(now.Token);
            await application.DisposeAsync();
        }
    }

    private void Tell(string type, string node)
    {
        var line = Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":{node}}}\n");
        watches.ForEach(watch => watch.Writer.TryWrite(line));
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        context.Response.ContentType = "application/json";
        if (path.EndsWith("/events", StringComparison.Ordinal))
        {
            var body = (await JsonNode.ParseAsync(context.Request.Body))!;
            Events.Enqueue($"{body["involvedObject"]?["name"]}: {body["message"]}");
            context.Response.StatusCode = 201;
            await context.Response.WriteAsync(body.ToJsonString());
        }
        else if (path == Nodes)
        {
            await (context.Request.Query.ContainsKey("watch") ? WatchAsync(context) : ListAsync(context));
        }
        else if (path.StartsWith(Nodes + "/", StringComparison.Ordinal))
        {
            var name = path[(Nodes.Length + 1)..].Split('/')[0];
            if (context.Request.Method == "PATCH")
            {
                Patch(name, (await JsonNode.ParseAsync(context.Request.Body))!);
            }

            await context.Response.WriteAsync(Get(name)!.ToJsonString());
        }
        else if (path == "/api/v1/namespaces/kube-flannel/pods/kube-flannel-ds-node1")
        {
            await context.Response.WriteAsync("""{"kind":"Pod","apiVersion":"v1","metadata":{"name":"kube-flannel-ds-node1","namespace":"kube-flannel"},"spec":{"nodeName":"node1"}}""");
        }
        else
        {
            context.Response.StatusCode = (int)HttpStatusCode.NotFound;
            await context.Response.WriteAsync("""{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"message":"no such path"}""");
        }
    }

    private async Task ListAsync(HttpContext context)
    {
        byte[] text;
        lock (gate)
        {
            text = Encoding.UTF8.GetBytes($"{{\"kind\":\"NodeList\",\"apiVersion\":\"v1\",\"metadata\":{{\"resourceVersion\":\"{version}\"}},\"items\":[{string.Join(',', nodes.Values)}]}}");
        }

        await context.Response.Body.WriteAsync(text);
    }

    private async Task WatchAsync(HttpContext context)
    {
        var from = long.Parse(context.Request.Query["resourceVersion"].ToString());
        var channel = Channel.CreateUnbounded<byte[]>();
        lock (gate)
        {
            // What changed between the list and here; a deleted node is not among it, as no test deletes one that early.
            foreach (var text in nodes.Values.Where(text => long.Parse((string)JsonNode.Parse(text)!["metadata"]!["resourceVersion"]!) > from))
            {
                channel.Writer.TryWrite(Encoding.UTF8.GetBytes($"{{\"type\":\"MODIFIED\",\"object\":{text}}}\n"));
            }

            watches.Add(channel);
        }

        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        try
        {
            await foreach (var line in channel.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.Body.WriteAsync(line, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The agent went away.
        }
        finally
        {
            lock (gate)
            {
                watches.Remove(channel);
            }
        }
    }

    private void Patch(string name, JsonNode patch)
    {
        var node = Get(name)!;
        if (patch["metadata"]?["annotations"] is JsonObject annotations)
        {
            node["metadata"]!["annotations"] ??= new JsonObject();
            foreach (var (key, value) in annotations)
            {
                node["metadata"]!["annotations"]![key] = value?.DeepClone();
            }
        }

        if (patch["status"]?["conditions"] is JsonArray conditions)
        {
            node["status"] ??= new JsonObject();
            node["status"]!["conditions"] = conditions.DeepClone();
        }

        Set(node);
    }
}
