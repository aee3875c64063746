using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>
/// Reads the lines of a watch: one JSON object per event. Holds one line at a time, never the stream.
/// </summary>
internal sealed class WatchStream<T> : IAsyncDisposable
    where T : class, IKubeObject
{
    /// <summary>Longest event; etcd takes no object above 1.5 MiB, and this leaves room for managed fields.</summary>
    private const long LongestLine = 16 << 20;

    private readonly PipeReader pipe;
    private readonly JsonTypeInfo<T> type;
    private readonly TimeProvider time;
    private readonly TimeSpan? idle;

    public WatchStream(Stream stream, JsonTypeInfo<T> type, TimeProvider time, TimeSpan? idle)
    {
        pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 << 10, minimumReadSize: 4 << 10));
        this.type = type;
        this.time = time;
        this.idle = idle;
    }

    /// <summary>The next event; null at the end of the stream.</summary>
    public async ValueTask<WatchEvent<T>?> ReadAsync(CancellationToken cancel)
    {
        var scanned = 0L;
        while (true)
        {
            var result = await FillAsync(cancel).ConfigureAwait(false);
            var buffer = result.Buffer;
            var end = buffer.Slice(scanned).PositionOf((byte)'\n');
            if (end is null && !result.IsCompleted)
            {
                scanned = buffer.Length;
                if (scanned > LongestLine)
                {
                    throw new JsonException($"an event of the watch is longer than {LongestLine} bytes");
                }

                pipe.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            var line = end is null ? buffer : buffer.Slice(0, end.Value);
            var empty = IsBlank(line);
            var next = empty ? null : Decode(line);
            pipe.AdvanceTo(end is null ? buffer.End : buffer.GetPosition(1, end.Value));
            scanned = 0;
            if (next is not null || end is null)
            {
                return next;
            }
        }
    }

    public ValueTask DisposeAsync() => pipe.CompleteAsync();

    private async ValueTask<ReadResult> FillAsync(CancellationToken cancel)
    {
        if (idle is not { } limit)
        {
            return await pipe.ReadAsync(cancel).ConfigureAwait(false);
        }

        if (pipe.TryRead(out var ready))
        {
            return ready;
        }

        using var bound = new RequestLimit(limit, time, cancel);
        try
        {
            return await pipe.ReadAsync(bound.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (bound.IsExceeded)
        {
            throw new WatchIdleException($"the watch was silent for {limit.TotalSeconds:0.#} s", e);
        }
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
        {
            if (part.Span.ContainsAnyExcept(" \t\r"u8))
            {
                return false;
            }
        }

        return true;
    }

    private WatchEvent<T> Decode(ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        var kind = default(Utf8JsonReader);
        var value = default(Utf8JsonReader);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("an event of the watch is not an object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            var isObject = reader.ValueTextEquals("object"u8);
            reader.Read();
            if (isType)
            {
                kind = reader;
            }
            else if (isObject)
            {
                value = reader;
            }

            reader.Skip();
        }

        if (kind.TokenType != JsonTokenType.String || value.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("an event of the watch lacks type or object");
        }

        if (kind.ValueTextEquals("ERROR"u8))
        {
            throw new KubeApiException(JsonSerializer.Deserialize(ref value, KubeJson.TypeInfo<Status>())!);
        }

        return new WatchEvent<T>(TypeOf(kind), JsonSerializer.Deserialize(ref value, type)!);
    }

    private static WatchEventType TypeOf(Utf8JsonReader kind) =>
        kind.ValueTextEquals("ADDED"u8) ? WatchEventType.Added
        : kind.ValueTextEquals("MODIFIED"u8) ? WatchEventType.Modified
        : kind.ValueTextEquals("DELETED"u8) ? WatchEventType.Deleted
        : kind.ValueTextEquals("BOOKMARK"u8) ? WatchEventType.Bookmark
        : throw new JsonException("an event of the watch has an unknown type");
}
