using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Podwire.Kube.Tests;

/// <summary>
/// A model of an API server's list and watch for config maps: one revision for all, a log of events that can be
/// compacted, pages, bookmarks, and the ways in which a connection goes bad.
/// </summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, JsonObject> objects = new(StringComparer.Ordinal);
    private readonly List<(long Revision, string Line)> log = [];
    private readonly List<Channel<string?>> watches = [];
    private HttpFixture http = null!;
    private long revision = 100;
    private long compacted = 100;
    private int fail;

    /// <summary>Refuse so many requests from now on with 503.</summary>
    public int Fail { set => Interlocked.Exchange(ref fail, value); }

    /// <summary>Each new watch sends its head and then nothing, as a connection whose other end has died.</summary>
    public volatile bool Mute;

    public HttpFixture Http => http;

    public string Revision => Text(Interlocked.Read(ref revision));

    public int OpenWatches
    {
        get
        {
            lock (gate)
            {
                return watches.Count;
            }
        }
    }

    public IEnumerable<string> Lists => http.Requests.Where(request => !request.Contains("watch=true", StringComparison.Ordinal));

    public IEnumerable<string> Watches => http.Requests.Where(request => request.Contains("watch=true", StringComparison.Ordinal));

    public static async Task<FakeApiServer> StartAsync()
    {
        var server = new FakeApiServer();
        server.http = await HttpFixture.StartAsync(server.AnswerAsync);
        return server;
    }

    public void Put(string name, string value = "", string? uid = null)
    {
        lock (gate)
        {
            var added = !objects.ContainsKey(name);
            var next = Item(name, value, uid ?? "uid-" + name, ++revision);
            objects[name] = next;
            Tell(added ? "ADDED" : "MODIFIED", next);
        }
    }

    public void Delete(string name)
    {
        lock (gate)
        {
            objects.Remove(name, out var last);
            var gone = (JsonObject)last!.DeepClone();
            gone["metadata"]!["resourceVersion"] = Text(++revision);
            Tell("DELETED", gone);
        }
    }

    /// <summary>Moves the revision on by what no watcher of ours sees, and says so.</summary>
    public void Bookmark()
    {
        lock (gate)
        {
            revision += 10;
            var mark = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = Text(revision) } };
            Send(Line("BOOKMARK", mark));
        }
    }

    /// <summary>Forgets all events so far: watches from before get 410.</summary>
    public void Compact()
    {
        lock (gate)
        {
            compacted = revision;
            log.Clear();
        }
    }

    /// <summary>Ends all watches: cleanly, or in the middle of the stream.</summary>
    public void EndWatches(bool abort = false)
    {
        lock (gate)
        {
            foreach (var watch in watches)
            {
                if (abort)
                {
                    watch.Writer.TryWrite(null);
                }

                watch.Writer.TryComplete();
            }
        }
    }

    /// <summary>Sends any line to all watches.</summary>
    public void Send(string line)
    {
        lock (gate)
        {
            foreach (var watch in watches)
            {
                watch.Writer.TryWrite(line);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        EndWatches(abort: true);
        return http.DisposeAsync();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static JsonObject Item(string name, string value, string uid, long revision) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default", ["uid"] = uid, ["resourceVersion"] = Text(revision), ["managedFields"] = new JsonArray(new JsonObject()) },
        ["data"] = new JsonObject { ["value"] = value },
    };

    private static string Line(string type, JsonObject value) => new JsonObject { ["type"] = type, ["object"] = value.DeepClone() }.ToJsonString() + "\n";

    private void Tell(string type, JsonObject value)
    {
        var line = Line(type, value);
        log.Add((revision, line));
        Send(line);
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (Interlocked.Decrement(ref fail) >= 0)
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("no endpoints");
        }

        return context.Request.Query.ContainsKey("watch") ? WatchAsync(context) : ListAsync(context);
    }

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var limit = query.TryGetValue("limit", out var l) ? int.Parse(l!, CultureInfo.InvariantCulture) : int.MaxValue;
        var token = ((string?)query["continue"])?.Split(':');
        JsonObject list;
        lock (gate)
        {
            if (token is not null && long.Parse(token[0], CultureInfo.InvariantCulture) < compacted)
            {
                list = Expired();
                context.Response.StatusCode = 410;
            }
            else
            {
                var rest = objects.Where(pair => token is null || string.CompareOrdinal(pair.Key, token[1]) > 0).ToList();
                var page = rest.Take(limit).ToList();
                var at = token?[0] ?? Text(revision);
                list = new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "ConfigMapList",
                    ["metadata"] = new JsonObject { ["resourceVersion"] = at, ["continue"] = rest.Count > page.Count ? $"{at}:{page[^1].Key}" : "" },
                    ["items"] = new JsonArray([.. page.Select(pair => pair.Value.DeepClone())]),
                };
            }
        }

        await context.Response.WriteAsync(list.ToJsonString());
    }

    private static JsonObject Expired() => new()
    {
        ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = "Expired", ["code"] = 410, ["message"] = "too old resource version",
    };

    private async Task WatchAsync(HttpContext context)
    {
        var from = long.Parse(context.Request.Query["resourceVersion"]!, CultureInfo.InvariantCulture);
        var channel = Channel.CreateUnbounded<string?>();
        lock (gate)
        {
            if (from < compacted)
            {
                channel.Writer.TryWrite(Line("ERROR", Expired()));
                channel.Writer.TryComplete();
            }

            if (!Mute)
            {
                foreach (var (_, line) in log.Where(entry => entry.Revision > from))
                {
                    channel.Writer.TryWrite(line);
                }

                watches.Add(channel);
            }
        }

        try
        {
            await context.Response.StartAsync(context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await foreach (var line in channel.Reader.ReadAllAsync(context.RequestAborted))
            {
                if (line is null)
                {
                    context.Abort();
                    return;
                }

                await context.Response.WriteAsync(line, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            lock (gate)
            {
                watches.Remove(channel);
            }
        }
    }
}
