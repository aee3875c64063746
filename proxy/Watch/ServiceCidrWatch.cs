using System.Text.Json;
using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Watch;

/// <summary>
/// Follows ServiceCIDR objects (networking.k8s.io; KEP-1880): a server may not have them, or not let the proxy read them, and then nothing is known
/// of unallocated addresses, which is no failure.
/// </summary>
internal sealed class ServiceCidrWatch(KubeClient client, ProxyState state, ILogger logger)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource decided = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes once the ranges are known, or it is known that there are none to be had.</summary>
    public Task Decided => decided.Task;

    /// <summary>Follows until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await Task.Delay(await FollowAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
    }

    /// <summary>Returns how long to wait before it is tried again.</summary>
    private async Task<TimeSpan> FollowAsync(CancellationToken cancel)
    {
        foreach (var version in (string[])["v1", "v1beta1"])
        {
            var resource = KubeResources.Raw("networking.k8s.io", version, "ServiceCIDR", "servicecidrs", namespaced: false);
            try
            {
                await client.ListAsync(resource, null, new() { Limit = 1 }, cancel).ConfigureAwait(false);
            }
            catch (KubeApiException e) when (!e.IsTransient)
            {
                continue;
            }
            catch (Exception e) when (e is KubeApiException or HttpRequestException or IOException or TimeoutException or JsonException)
            {
                return TryAgain;
            }

            var reflector = new Reflector<RawObject>(client, resource, options: new() { Logger = logger });
            reflector.Store.Subscribe(_ => state.SetServiceCidrs(Ranges(reflector.Store.List())));
            _ = reflector.WaitForSyncAsync(cancel).ContinueWith(_ => decided.TrySetResult(), TaskScheduler.Default);
            await reflector.RunAsync(cancel).ConfigureAwait(false);
        }

        decided.TrySetResult();
        return AskAgain;
    }

    private static List<IpPrefix> Ranges(IEnumerable<RawObject> objects)
    {
        var ranges = new SortedSet<IpPrefix>();
        foreach (var item in objects)
        {
            if (item.Unknown is { } fields && fields.TryGetValue("spec", out var spec) && spec.ValueKind == JsonValueKind.Object && spec.TryGetProperty("cidrs", out var cidrs) && cidrs.ValueKind == JsonValueKind.Array)
            {
                foreach (var text in cidrs.EnumerateArray())
                {
                    if (text.ValueKind == JsonValueKind.String && IpPrefix.TryParse(text.GetString(), out var range))
                    {
                        ranges.Add(range.Masked);
                    }
                }
            }
        }

        return [.. ranges];
    }
}
