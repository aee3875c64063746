using System.Buffers;
using System.Text;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Storage;
using Podwire.ApiServer.Tables;

namespace Podwire.ApiServer.Watch;

/// <summary>Frames events for one watcher. Objects are copied as they are stored: they were encoded once, when written.</summary>
internal sealed class WatchSink(ApiRequest request, ResponseForm form, TimeProvider time)
{
    private const int FlushAt = 64 * 1024;
    private readonly ArrayBufferWriter<byte> buffer = new(4096);
    private bool hasSentColumns;

    public void Add(string type, StoredObject item)
    {
        Open(type);
        switch (form)
        {
            case ResponseForm.Table:
                // Columns come with the first event only, as kube-apiserver sends them.
                buffer.Write(new TableWriter(request.Resource.Table, time.GetUtcNow(), request.Query("includeObject")).Write([item], item.Revision, null, 0, !hasSentColumns));
                hasSentColumns = true;
                break;
            case ResponseForm.Metadata:
                buffer.Write(MetadataWriter.One(item));
                break;
            default:
                buffer.Write(item.Body);
                break;
        }

        buffer.Write("}\n"u8);
    }

    public void AddBookmark(long revision, bool isEndOfInitialEvents)
    {
        Open("BOOKMARK");
        var annotations = isEndOfInitialEvents ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : string.Empty;
        var (kind, version) = form == ResponseForm.Metadata ? ("PartialObjectMetadata", "meta.k8s.io/v1") : (request.Resource.Kind, request.Resource.GroupVersion);
        var item = $$$"""{"kind":"{{{kind}}}","apiVersion":"{{{version}}}","metadata":{"resourceVersion":"{{{revision}}}","creationTimestamp":null{{{annotations}}}}}""";
        if (form == ResponseForm.Table)
        {
            item = $$"""{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"{{revision}}"},"columnDefinitions":[],"rows":[{"cells":[],"object":{{item}}}]}""";
        }

        buffer.Write(Encoding.UTF8.GetBytes(item));
        buffer.Write("}\n"u8);
    }

    public void AddError(ApiException error)
    {
        Open("ERROR");
        buffer.Write(error.ToBytes());
        buffer.Write("}\n"u8);
    }

    public ValueTask FlushIfFullAsync(CancellationToken ended) => buffer.WrittenCount < FlushAt ? ValueTask.CompletedTask : new(FlushAsync(ended));

    public async Task FlushAsync(CancellationToken ended)
    {
        if (buffer.WrittenCount == 0)
        {
            return;
        }

        var body = request.Http.Response.Body;
        await body.WriteAsync(buffer.WrittenMemory, ended);
        await body.FlushAsync(ended);
        buffer.ResetWrittenCount();
    }

    private void Open(string type)
    {
        buffer.Write("{\"type\":\""u8);
        buffer.Write(Encoding.UTF8.GetBytes(type));
        buffer.Write("\",\"object\":"u8);
    }
}
