using System.Runtime.CompilerServices;
using Podwire.Kube.Objects;

namespace Podwire.Kube;

public sealed partial class KubeClient
{
    /// <summary>
    /// Follows changes from <see cref="ListOptions.ResourceVersion"/> on, until the server ends the stream (which it does
    /// after <see cref="ListOptions.TimeoutSeconds"/>) or <paramref name="idle"/> passes without a byte. Events are handed
    /// on as they come; a slow reader slows the server down. For a store that stays current use a reflector.
    /// </summary>
    /// <param name="resource">What to watch.</param>
    /// <param name="ns">The namespace; null is every one.</param>
    /// <param name="options">Selectors, version and time.</param>
    /// <param name="cancel">Ends the watch.</param>
    /// <param name="idle">The longest silence; null is for ever. Exceeding it is a <see cref="TimeoutException"/>.</param>
    /// <exception cref="KubeApiException">The server sent an error, such as 410 when the version is too old.</exception>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        KubeResource<T> resource,
        string? ns,
        ListOptions? options,
        [EnumeratorCancellation] CancellationToken cancel,
        TimeSpan? idle = null)
        where T : class, IKubeObject
    {
        var request = new KubeRequest(HttpMethod.Get, resource.Path(ns) + (options ?? ListOptions.None).Query(watch: true));
        var stream = await transport.OpenAsync(request, cancel).ConfigureAwait(false);
        await using var events = new WatchStream<T>(stream, resource.ItemInfo, Options.Time, idle);
        while (await events.ReadAsync(cancel).ConfigureAwait(false) is { } next)
        {
            yield return next;
        }
    }
}
