using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Podwire.Netlink.Namespaces;

namespace Podwire.FakeApi;

/// <summary>List and watch over plain HTTP, and nothing else: enough of an API server to feed a daemon. Objects are JSON texts with «$RV» for the version.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Resource> resources = [];
    private WebApplication? application;
    private long version = 1;

    /// <summary>The address to give as --master.</summary>
    public string Address { get; private set; } = string.Empty;

    /// <summary>Paths that are not served: 404.</summary>
    public HashSet<string> Missing { get; } = [];

    /// <summary>How many lists were asked for.</summary>
    public int Lists { get; private set; }

    /// <summary>While set, connections are cut without an answer; objects may be changed meanwhile.</summary>
    public bool IsAway
    {
        get;
        set
        {
            lock (gate)
            {
                field = value;
                if (value)
                {
                    foreach (var resource in resources.Values)
                    {
                        resource.End();
                    }
                }
            }
        }
    }

    /// <summary>What was written of events: «reason message».</summary>
    public ConcurrentQueue<string> Events { get; } = new();

    /// <summary>Starts on a free port of 127.0.0.1, of another network namespace if one is given.</summary>
    public async Task StartAsync(NetNamespace? ns = null)
    {
        var socket = ns is null ? Listen() : ns.Run(Listen);
        Address = $"http://{socket.LocalEndPoint}";
        var descriptor = (ulong)socket.Handle;
        // The server closes the descriptor. Closed a second time, its number would be somebody else's by then.
        socket.SafeHandle.SetHandleAsInvalid();
        GC.SuppressFinalize(socket);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddLogging();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenHandle(descriptor, static listen => listen.Protocols = HttpProtocols.Http1));
        application = builder.Build();
        application.Run(AnswerAsync);
        await application.StartAsync();
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    /// <summary>Creates or changes an object. The path is the collection's: <c>api/v1/services</c>.</summary>
    public void Set(string path, string ns, string name, string json)
    {
        lock (gate)
        {
            var text = json.Replace("$RV", (++version).ToString());
            var resource = ResourceOf(path);
            var type = resource.Objects.ContainsKey((ns, name)) ? "MODIFIED" : "ADDED";
            resource.Objects[(ns, name)] = text;
            resource.Tell(version, $"{{\"type\":\"{type}\",\"object\":{text}}}\n");
        }
    }

    /// <summary>Deletes an object.</summary>
    public void Delete(string path, string ns, string name)
    {
        lock (gate)
        {
            var resource = ResourceOf(path);
            if (resource.Objects.Remove((ns, name), out var text))
            {
                version++;
                var at = text.IndexOf("\"resourceVersion\":\"", StringComparison.Ordinal) + 19;
                resource.Tell(version, $"{{\"type\":\"DELETED\",\"object\":{text[..at]}{version}{text[text.IndexOf('"', at)..]}}}\n");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var resource in resources.Values)
        {
            resource.End();
        }

        if (application is not null)
        {
            using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await application.StopAsync(now.Token);
            await application.DisposeAsync();
        }
    }

    private Resource ResourceOf(string path)
    {
        if (!resources.TryGetValue(path, out var resource))
        {
            resources[path] = resource = new();
        }

        return resource;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.TrimStart('/');
        if (IsAway)
        {
            context.Abort();
            return;
        }

        context.Response.ContentType = "application/json";
        if (context.Request.Method == "POST" && path.EndsWith("/events", StringComparison.Ordinal))
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            var json = System.Text.Json.Nodes.JsonNode.Parse(body)!;
            Events.Enqueue($"{json["reason"]} {json["involvedObject"]?["name"]}: {json["message"]}");
            context.Response.StatusCode = 201;
            await context.Response.WriteAsync(body);
        }
        else if (Missing.Any(missing => path.StartsWith(missing, StringComparison.Ordinal)))
        {
            context.Response.StatusCode = 404;
            await context.Response.WriteAsync("""{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}""");
        }
        else if (context.Request.Method != "GET")
        {
            await context.Response.WriteAsync("{}");
        }
        else if (context.Request.Query["watch"] == "true" || context.Request.Query["watch"] == "1")
        {
            await WatchAsync(context, path);
        }
        else
        {
            await ListAsync(context, path);
        }
    }

    private async Task ListAsync(HttpContext context, string path)
    {
        string[] items;
        long at;
        lock (gate)
        {
            Lists++;
            items = [.. ResourceOf(path).Objects.Values];
            at = version;
        }

        var output = context.Response.BodyWriter;
        output.Write(Encoding.UTF8.GetBytes($"{{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{{\"resourceVersion\":\"{at}\"}},\"items\":["));
        for (var i = 0; i < items.Length; i++)
        {
            output.Write(Encoding.UTF8.GetBytes(i == 0 ? items[i] : "," + items[i]));
            if (i % 500 == 499)
            {
                await output.FlushAsync();
            }
        }

        output.Write("]}"u8);
        await output.FlushAsync();
    }

    private async Task WatchAsync(HttpContext context, string path)
    {
        var from = long.TryParse(context.Request.Query["resourceVersion"], out var number) ? number : 0;
        ChannelReader<string> events;
        lock (gate)
        {
            events = ResourceOf(path).Follow(from);
        }

        await context.Response.StartAsync();
        await context.Response.BodyWriter.FlushAsync();
        try
        {
            await foreach (var line in events.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(line, context.RequestAborted);
                await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client went away.
        }
    }

    private sealed class Resource
    {
        private readonly List<(long Version, string Line)> history = [];
        private readonly List<Channel<string>> followers = [];

        public Dictionary<(string Namespace, string Name), string> Objects { get; } = [];

        public void Tell(long version, string line)
        {
            history.Add((version, line));
            followers.ForEach(follower => follower.Writer.TryWrite(line));
        }

        public ChannelReader<string> Follow(long from)
        {
            var channel = Channel.CreateUnbounded<string>();
            foreach (var (version, line) in history)
            {
                if (version > from)
                {
                    channel.Writer.TryWrite(line);
                }
            }

            followers.Add(channel);
            return channel.Reader;
        }

        public void End() => followers.ForEach(follower => follower.Writer.TryComplete());
    }
}
