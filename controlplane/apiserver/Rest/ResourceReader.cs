using System.Buffers;
using System.Globalization;
using System.Text;
using Podwire.ApiServer.Storage;
using Podwire.ApiServer.Tables;
using Podwire.ApiServer.Watch;

namespace Podwire.ApiServer.Rest;

/// <summary>get and list.</summary>
internal sealed class ResourceReader(ObjectStore store, SnapshotKeeper snapshots, TimeProvider time)
{
    /// <exception cref="ApiException">404.</exception>
    public StoredObject Get(ApiRequest request) =>
        store.Get(request.Resource.Stored, request.Key) ?? throw ApiErrors.NotFound(request.Resource, request.Name!);

    public byte[] Show(ApiRequest request, StoredObject item, ResponseForm form) => form switch
    {
        ResponseForm.Table => new TableWriter(request.Resource.Table, time.GetUtcNow(), IncludeObject(request)).Write([item], item.Revision, null, 0),
        ResponseForm.Metadata => MetadataWriter.One(item),
        _ => item.Body,
    };

    /// <summary>A list at one revision: the newest, or that of the continue token or the exact version asked for.</summary>
    public byte[] List(ApiRequest request, ResponseForm form)
    {
        var options = ListOptions.Read(request);
        var (page, revision, next, remaining) = Page(request.Resource, request.Namespace, options);
        return form switch
        {
            ResponseForm.Table => new TableWriter(request.Resource.Table, time.GetUtcNow(), IncludeObject(request)).Write(page, revision, next, remaining),
            ResponseForm.Metadata => MetadataWriter.List(page, revision, next, remaining),
            _ => Write(request.Resource, page, revision, next, remaining),
        };
    }

    /// <summary>The objects that the options select, one page of them.</summary>
    public (List<StoredObject> Page, long Revision, string? Continue, long Remaining) Page(ApiResource resource, string? @namespace, ListOptions options)
    {
        var (snapshot, after) = Snapshot(resource, options);
        var span = snapshot.In(@namespace);
        var page = new List<StoredObject>();
        var all = options.Labels.IsEmpty && options.Fields.IsEmpty;
        for (var i = after is null ? 0 : ResourceSnapshot.After(span, after); i < span.Length; i++)
        {
            if (!all && !(options.Labels.Matches(span[i].Labels) && options.Fields.Matches(span[i])))
            {
                continue;
            }

            if (options.Limit > 0 && page.Count == options.Limit)
            {
                snapshots.Keep(resource.Stored.Id, snapshot);

                // As in kube-apiserver, the remainder is told only where no selector makes it a guess.
                return (page, snapshot.Revision, new ContinueToken(snapshot.Revision, page[^1].Key).Encode(), all ? span.Length - i : 0);
            }

            page.Add(span[i]);
        }

        return (page, snapshot.Revision, null, 0);
    }

    private static string? IncludeObject(ApiRequest request) => request.Query("includeObject");

    private static byte[] Write(ApiResource resource, List<StoredObject> page, long revision, string? next, long remaining)
    {
        var size = 256;
        foreach (var item in page)
        {
            size += item.Body.Length + 1;
        }

        var buffer = new ArrayBufferWriter<byte>(size);
        buffer.Write(Encoding.UTF8.GetBytes($$"""{"kind":"{{resource.Kind}}List","apiVersion":"{{resource.GroupVersion}}","metadata":{{ListMetadata(revision, next, remaining)}},"items":["""));
        for (var i = 0; i < page.Count; i++)
        {
            if (i > 0)
            {
                buffer.Write(","u8);
            }

            buffer.Write(page[i].Body);
        }

        buffer.Write("]}\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>meta/v1 ListMeta as JSON; nothing in it needs escaping.</summary>
    internal static string ListMetadata(long revision, string? next, long remaining)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{{\"resourceVersion\":\"{revision}\"");
        if (next is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $",\"continue\":\"{next}\"");
            if (remaining > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $",\"remainingItemCount\":{remaining}");
            }
        }

        return text.Append('}').ToString();
    }

    private (ResourceSnapshot Snapshot, string? After) Snapshot(ApiResource resource, ListOptions options)
    {
        var current = store.Snapshot(resource.Stored);
        if (options.Continue is { } text)
        {
            if (!ContinueToken.TryDecode(text, out var token))
            {
                throw ApiErrors.BadRequest("continue key is not valid: it was not given out by this server");
            }

            return token.Revision == current.Revision
                ? (current, token.Key)
                : (snapshots.Find(resource.Stored.Id, token.Revision)
                    ?? throw ApiErrors.Expired("The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter."), token.Key);
        }

        if (options.ResourceVersion is not ({ } version and > 0))
        {
            return (current, null);
        }

        if (version > current.Revision)
        {
            throw ApiErrors.FutureRevision(version, current.Revision);
        }

        return options.Match != "Exact" || version == current.Revision
            ? (current, null)
            : (snapshots.Find(resource.Stored.Id, version) ?? throw ApiErrors.TooOld(version, current.Revision), null);
    }
}
