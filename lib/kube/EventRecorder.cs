using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>
/// Tells people what happened to an object, as core/v1 events. The same thing told again within the memory of the
/// recorder counts up one event instead of making another. Never blocks and never fails: events are written by
/// <see cref="RunAsync"/>, and the oldest are dropped if the server is slower than the news.
/// </summary>
public sealed partial class EventRecorder
{
    private const int Waiting = 1000;
    private const int Remembered = 4096;
    private readonly KubeClient client;
    private readonly string component;
    private readonly string? host;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Channel<News> news = Channel.CreateBounded<News>(
        new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    // What was told, by subject and words; the value is the event's name and how often it was told.
    private readonly Dictionary<News, (string Name, int Count)> told = [];
    private readonly Queue<News> age = new();
    private long serial;

    /// <summary>A recorder of one component.</summary>
    /// <param name="client">Where to write.</param>
    /// <param name="component">Who tells, such as <c>kubelet</c>.</param>
    /// <param name="host">The node it runs on, if it runs on one.</param>
    /// <param name="time">The clock; null is the system's.</param>
    /// <param name="logger">Where failures to write are told.</param>
    public EventRecorder(KubeClient client, string component, string? host = null, TimeProvider? time = null, ILogger? logger = null)
    {
        this.client = client;
        this.component = component;
        this.host = host;
        this.time = time ?? TimeProvider.System;
        this.logger = logger ?? NullLogger.Instance;
        serial = this.time.GetUtcNow().UtcTicks;
    }

    /// <summary>Tells something that is as it should be.</summary>
    public void Normal(IKubeObject about, string reason, string message) => Record(about, "Normal", reason, message);

    /// <summary>Tells something that someone may have to look at.</summary>
    public void Warning(IKubeObject about, string reason, string message) => Record(about, "Warning", reason, message);

    /// <summary>Writes what is told until <paramref name="cancel"/>, then returns. Call once.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            await foreach (var item in news.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
            {
                try
                {
                    await WriteAsync(item, cancel).ConfigureAwait(false);
                }
                catch (Exception e) when (e is KubeApiException or HttpRequestException or IOException or TimeoutException or System.Text.Json.JsonException)
                {
                    Lost(logger, item.Reason, item.Subject.Kind ?? "", item.Subject.Name ?? "", e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
    }

    /// <summary>Writes what was told so far, then returns; for a program that is about to end. Instead of <see cref="RunAsync"/>.</summary>
    public Task DrainAsync(CancellationToken cancel)
    {
        news.Writer.TryComplete();
        return RunAsync(cancel);
    }

    private void Record(IKubeObject about, string type, string reason, string message)
    {
        var meta = about.Metadata;
        news.Writer.TryWrite(new News(new Subject(about.ApiVersion, about.Kind, meta.Namespace, meta.Name, meta.Uid, meta.ResourceVersion), type, reason, message));
    }

    private async Task WriteAsync(News item, CancellationToken cancel)
    {
        // Events about cluster-scoped objects live in the namespace «default».
        var ns = string.IsNullOrEmpty(item.Subject.Namespace) ? "default" : item.Subject.Namespace;
        if (told.TryGetValue(item, out var before) && await CountUpAsync(item, ns, before, cancel).ConfigureAwait(false))
        {
            return;
        }

        var name = $"{item.Subject.Name}.{Interlocked.Increment(ref serial):x}";
        var now = time.GetUtcNow();
        await client.CreateAsync(KubeResources.Events, NewEvent(item, ns, name, now), cancel).ConfigureAwait(false);
        Remember(item, name, 1);
    }

    private async Task<bool> CountUpAsync(News item, string ns, (string Name, int Count) before, CancellationToken cancel)
    {
        var patch = new JsonObject
        {
            ["count"] = before.Count + 1,
            ["lastTimestamp"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        };
        try
        {
            await client.PatchAsync(KubeResources.Events, ns, before.Name, KubePatch.Merge(patch), cancel).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            // It has expired on the server: tell it anew.
            told.Remove(item);
            return false;
        }

        told[item] = (before.Name, before.Count + 1);
        return true;
    }

    private Event NewEvent(News item, string ns, string name, DateTimeOffset now) => new()
    {
        Metadata = { Name = name, Namespace = ns },
        InvolvedObject = new ObjectReference
        {
            ApiVersion = item.Subject.ApiVersion,
            Kind = item.Subject.Kind,
            Namespace = item.Subject.Namespace,
            Name = item.Subject.Name,
            Uid = item.Subject.Uid,
            ResourceVersion = item.Subject.Version,
        },
        Type = item.Type,
        Reason = item.Reason,
        Message = item.Message,
        Source = new EventSource { Component = component, Host = host },
        ReportingComponent = component,
        ReportingInstance = host,
        FirstTimestamp = now,
        LastTimestamp = now,
        Count = 1,
    };

    private void Remember(News item, string name, int count)
    {
        if (told.TryAdd(item, (name, count)))
        {
            age.Enqueue(item);
        }

        while (age.Count > Remembered)
        {
            told.Remove(age.Dequeue());
        }
    }

    [LoggerMessage(21, LogLevel.Warning, "event {Reason} of {Kind} {Name} could not be written: {Error}")]
    private static partial void Lost(ILogger logger, string reason, string kind, string name, string error);

    private sealed record News(Subject Subject, string Type, string Reason, string Message);

    /// <summary>Whom news is about; the version does not make it other news.</summary>
    private sealed record Subject(string ApiVersion, string Kind, string? Namespace, string Name, string? Uid, string? Version)
    {
        public bool Equals(Subject? other) =>
            other is not null && ApiVersion == other.ApiVersion && Kind == other.Kind && Namespace == other.Namespace && Name == other.Name && Uid == other.Uid;

        public override int GetHashCode() => HashCode.Combine(Kind, Namespace, Name, Uid);
    }
}
