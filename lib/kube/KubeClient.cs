using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>
/// A client of one API server. Thread-safe; holds a pool of connections. Every call throws
/// <see cref="KubeApiException"/> if the server says no, <see cref="HttpRequestException"/> or <see cref="IOException"/>
/// if it cannot be reached or breaks off, <see cref="TimeoutException"/> after <see cref="KubeClientOptions.Timeout"/>,
/// and <see cref="JsonException"/> if it talks nonsense. Watches have no time limit of their own.
/// A null namespace means every namespace for lists and watches, and is right for cluster-scoped resources.
/// </summary>
public sealed partial class KubeClient : IDisposable
{
    private readonly KubeTransport transport;

    /// <summary>A client for the server that <paramref name="config"/> names; connects on the first call.</summary>
    /// <exception cref="KubeConfigException">A certificate or key of the configuration cannot be used.</exception>
    public KubeClient(KubeConfig config, KubeClientOptions? options = null)
    {
        Config = config;
        Options = options ?? new KubeClientOptions();
        transport = new KubeTransport(config, Options);
    }

    /// <summary>Where it connects and as whom.</summary>
    public KubeConfig Config { get; }

    /// <summary>Limits and names.</summary>
    public KubeClientOptions Options { get; }

    /// <summary>Reads an object.</summary>
    public Task<T> GetAsync<T>(KubeResource<T> resource, string? ns, string name, CancellationToken cancel)
        where T : class, IKubeObject =>
        transport.SendAsync(new KubeRequest(HttpMethod.Get, resource.Path(ns, name)), resource.ItemInfo, cancel);

    /// <summary>Reads an object; null if there is none.</summary>
    public async Task<T?> TryGetAsync<T>(KubeResource<T> resource, string? ns, string name, CancellationToken cancel)
        where T : class, IKubeObject
    {
        try
        {
            return await GetAsync(resource, ns, name, cancel).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Reads one page of a list (all of it, if <see cref="ListOptions.Limit"/> is not set).</summary>
    public async Task<KubeList<T>> ListAsync<T>(KubeResource<T> resource, string? ns, ListOptions? options, CancellationToken cancel)
        where T : class, IKubeObject
    {
        var query = (options ?? ListOptions.None).Query(watch: false);
        var request = new KubeRequest(HttpMethod.Get, resource.Path(ns) + query);
        if (resource.ReadItem is { } readItem)
        {
            return await transport.SendAsync(request, new ListStream<T>(readItem).ReadAsync, cancel).ConfigureAwait(false);
        }

        var list = await transport.SendAsync(request, resource.ListInfo, cancel).ConfigureAwait(false);
        foreach (var item in list.Items)
        {
            // A server leaves these out of the items of a list.
            item.ApiVersion = resource.ApiVersion;
            item.Kind = resource.Kind;
        }

        return list;
    }

    /// <summary>Reads a list page by page; every page is of the same version, or the server answers 410.</summary>
    public async IAsyncEnumerable<KubeList<T>> ListPagesAsync<T>(
        KubeResource<T> resource, string? ns, ListOptions? options, [EnumeratorCancellation] CancellationToken cancel)
        where T : class, IKubeObject
    {
        var page = (options ?? ListOptions.None) with { Continue = null };
        do
        {
            var list = await ListAsync(resource, ns, page, cancel).ConfigureAwait(false);
            // The version belongs to the token from the second page on, and may not be said again.
            page = page with { Continue = list.Metadata.Continue, ResourceVersion = null, ResourceVersionMatch = null };
            yield return list;
        }
        while (!string.IsNullOrEmpty(page.Continue));
    }

    /// <summary>Stores a new object in the namespace of its metadata; returns it as stored.</summary>
    public Task<T> CreateAsync<T>(KubeResource<T> resource, T value, CancellationToken cancel, WriteOptions? options = null)
        where T : class, IKubeObject
    {
        var query = (options ?? WriteOptions.None).Query();
        return transport.SendAsync(
            new KubeRequest(HttpMethod.Post, CollectionPath(resource, value) + query, JsonSerializer.SerializeToUtf8Bytes(value, resource.ItemInfo)),
            resource.ItemInfo,
            cancel);
    }

    /// <summary>
    /// Replaces an object; returns it as stored. 409 (<see cref="KubeApiException.IsConflict"/>) if it has changed since
    /// the version in its metadata was read.
    /// </summary>
    public Task<T> UpdateAsync<T>(KubeResource<T> resource, T value, CancellationToken cancel, string? subresource = null, WriteOptions? options = null)
        where T : class, IKubeObject
    {
        var path = resource.Path(resource.Namespaced ? value.Metadata.Namespace : null, value.Metadata.Name, subresource);
        return transport.SendAsync(
            new KubeRequest(HttpMethod.Put, path + (options ?? WriteOptions.None).Query(), JsonSerializer.SerializeToUtf8Bytes(value, resource.ItemInfo)),
            resource.ItemInfo,
            cancel);
    }

    /// <summary>Replaces an object's status; the rest of <paramref name="value"/> is ignored. See <see cref="UpdateAsync"/>.</summary>
    public Task<T> UpdateStatusAsync<T>(KubeResource<T> resource, T value, CancellationToken cancel, WriteOptions? options = null)
        where T : class, IKubeObject =>
        UpdateAsync(resource, value, cancel, "status", options);

    /// <summary>Changes a part of an object or of its subresource; returns it as stored.</summary>
    public Task<T> PatchAsync<T>(
        KubeResource<T> resource, string? ns, string name, KubePatch patch, CancellationToken cancel, string? subresource = null, WriteOptions? options = null)
        where T : class, IKubeObject =>
        transport.SendAsync(
            new KubeRequest(HttpMethod.Patch, resource.Path(ns, name, subresource) + (options ?? WriteOptions.None).Query(), patch.Body, patch.MediaType),
            resource.ItemInfo,
            cancel);

    /// <summary>Changes a part of an object's status; returns the object as stored.</summary>
    public Task<T> PatchStatusAsync<T>(KubeResource<T> resource, string? ns, string name, KubePatch patch, CancellationToken cancel, WriteOptions? options = null)
        where T : class, IKubeObject =>
        PatchAsync(resource, ns, name, patch, cancel, "status", options);

    /// <summary>Asks for an object's end. It may stay for its grace period and finalizers.</summary>
    public async Task DeleteAsync<T>(KubeResource<T> resource, string? ns, string name, CancellationToken cancel, DeleteOptions? options = null)
        where T : class, IKubeObject
    {
        var body = options is null ? default : (ReadOnlyMemory<byte>)KubeJson.Serialize(options);
        await transport.SendAsync(new KubeRequest(HttpMethod.Delete, resource.Path(ns, name), body), cancel).ConfigureAwait(false);
    }

    /// <summary>Asks for an object's end; false if there is none.</summary>
    public async Task<bool> TryDeleteAsync<T>(KubeResource<T> resource, string? ns, string name, CancellationToken cancel, DeleteOptions? options = null)
        where T : class, IKubeObject
    {
        try
        {
            await DeleteAsync(resource, ns, name, cancel, options).ConfigureAwait(false);
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Places a pod on a node. 409 if it is placed already.</summary>
    public async Task BindAsync(string ns, string pod, string node, CancellationToken cancel, string? uid = null)
    {
        var binding = new Binding
        {
            Metadata = { Name = pod, Namespace = ns, Uid = uid },
            Target = { ApiVersion = "v1", Kind = "Node", Name = node },
        };
        var path = KubeResources.Pods.Path(ns, pod, "binding");
        await transport.SendAsync(new KubeRequest(HttpMethod.Post, path, KubeJson.Serialize(binding)), cancel).ConfigureAwait(false);
    }

    /// <summary>Reads how many replicas an object has and shall have.</summary>
    public Task<Scale> GetScaleAsync<T>(KubeResource<T> resource, string ns, string name, CancellationToken cancel)
        where T : class, IKubeObject =>
        transport.SendAsync(new KubeRequest(HttpMethod.Get, resource.Path(ns, name, "scale")), KubeJson.TypeInfo<Scale>(), cancel);

    /// <summary>Sets how many replicas an object shall have.</summary>
    public Task<Scale> UpdateScaleAsync<T>(KubeResource<T> resource, Scale scale, CancellationToken cancel)
        where T : class, IKubeObject =>
        transport.SendAsync(
            new KubeRequest(HttpMethod.Put, resource.Path(scale.Metadata.Namespace, scale.Metadata.Name, "scale"), KubeJson.Serialize(scale)),
            KubeJson.TypeInfo<Scale>(),
            cancel);

    /// <summary>
    /// Asks for a pod's end with respect for disruption budgets; 429 if one forbids it now.
    /// </summary>
    public async Task EvictAsync(string ns, string pod, CancellationToken cancel, DeleteOptions? options = null)
    {
        var eviction = new JsonObject
        {
            ["apiVersion"] = "policy/v1",
            ["kind"] = "Eviction",
            ["metadata"] = new JsonObject { ["name"] = pod, ["namespace"] = ns },
        };
        if (options is not null)
        {
            eviction["deleteOptions"] = KubeJson.ToNode(options);
        }

        var body = System.Text.Encoding.UTF8.GetBytes(eviction.ToJsonString());
        await transport.SendAsync(new KubeRequest(HttpMethod.Post, KubeResources.Pods.Path(ns, pod, "eviction"), body), cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// Any request; returns the body of a successful answer.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Path and query without a leading slash, such as <c>version</c>.</param>
    /// <param name="body">The body; empty for none.</param>
    /// <param name="contentType">The body's type; null is <c>application/json</c>.</param>
    /// <param name="cancel">Ends the request.</param>
    public Task<byte[]> SendRawAsync(HttpMethod method, string path, ReadOnlyMemory<byte> body, string? contentType, CancellationToken cancel) =>
        transport.SendAsync(new KubeRequest(method, path, body, contentType ?? KubeRequest.Json), cancel);

    /// <summary>A GET whose answer is read as it comes, such as a container's log; the caller disposes the stream. No time limit.</summary>
    public Task<Stream> OpenStreamAsync(string path, CancellationToken cancel) =>
        transport.OpenAsync(new KubeRequest(HttpMethod.Get, path, Accept: "*/*"), cancel);

    /// <inheritdoc/>
    public void Dispose() => transport.Dispose();

    private static string CollectionPath<T>(KubeResource<T> resource, T value)
        where T : class, IKubeObject =>
        resource.Namespaced && string.IsNullOrEmpty(value.Metadata.Namespace)
            ? throw new ArgumentException($"{resource.Kind} '{value.Metadata.Name}' needs a namespace", nameof(value))
            : resource.Path(resource.Namespaced ? value.Metadata.Namespace : null);
}
