using System.Text.Json;
using Podwire.CniCalico.Agent.Watch;
using Podwire.CniCalico.Ipam;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Cni;

/// <summary>What plugins ask for: addresses by the pod's annotations, its namespace's, or the network configuration, in this order.</summary>
internal sealed class PluginDesk(KubeClient client, ClusterWatch watch, AddressAllocator allocator, string node, Func<string?> problem, TimeProvider time)
{
    private const string Annotation = "cni.projectcalico.org/";

    // Error codes of the CNI specification, section «Error», and of Podwire's plugins.
    private const int Invalid = 7;
    private const int TryAgainLater = 11;
    private const int NotAvailable = 50;
    private const int Exhausted = 101;
    private const int Conflict = 103;
    private readonly HandleQueue queue = new();

    /// <summary>Answers a request: «ok» and words, or «error», a code of the CNI specification and a text. Never throws.</summary>
    public async Task<string> AnswerAsync(string line, CancellationToken cancel)
    {
        try
        {
            var request = new PluginRequest(line);
            return request.Verb switch
            {
                "assign" => await queue.RunAsync(Handle(request), () => AssignAsync(request, cancel)).ConfigureAwait(false),
                // What no assignment can have made needs no release: a DEL that was refused would be repeated for ever.
                "release" when !CalicoNames.IsObjectName(Handle(request)) => "ok 0",
                "find" when !CalicoNames.IsObjectName(Handle(request)) => "ok",
                "release" => await queue.RunAsync(Handle(request), async () => $"ok {await allocator.ReleaseAsync(Handle(request), cancel).ConfigureAwait(false)}").ConfigureAwait(false),
                "find" => $"ok {string.Join(' ', await allocator.FindAsync(Handle(request), cancel).ConfigureAwait(false))}",
                "gc" => await CollectAsync(request, cancel).ConfigureAwait(false),
                "status" => problem() is { } reason ? $"error {NotAvailable} {reason}" : "ok",
                _ => $"error {Invalid} '{request.Verb}' is nothing that podwire-calico answers",
            };
        }
        catch (IpamException e)
        {
            return $"error {e.Failure switch { IpamFailure.Invalid => Invalid, IpamFailure.Exhausted => Exhausted, IpamFailure.Taken => Conflict, _ => TryAgainLater }} {e.Message}";
        }
        catch (KubeApiException e) when (e.IsInvalid)
        {
            return $"error {Invalid} {e.Message}";
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or IOException or TimeoutException or JsonException or OperationCanceledException)
        {
            return $"error {TryAgainLater} the API server: {e.Message}";
        }
        catch (FormatException e)
        {
            return $"error {Invalid} {e.Message}";
        }
    }

    private static string Handle(PluginRequest request) => request["handle"] ?? throw new FormatException("the request has no handle");

    private static string Name(string text, string what) => CalicoNames.IsObjectName(text) ? text : throw new FormatException($"'{text}' is no name of a {what}");

    private static IReadOnlyList<string> List(string? text) => string.IsNullOrEmpty(text) ? [] : text.Split(',');

    /// <summary>A JSON array of texts in an annotation; null if there is none.</summary>
    private static List<string>? Texts(IKubeObject? of, string name)
    {
        if (of is null || !of.Metadata.Annotations.TryGetValue(Annotation + name, out var json))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var texts = new List<string>();
            foreach (var element in document.RootElement.EnumerateArray())
            {
                texts.Add(element.GetString() ?? string.Empty);
            }

            return texts;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"annotation {Annotation}{name} of {of.Kind.ToLowerInvariant()} {of.Metadata.Name} is not a JSON array of texts: {json}");
        }
    }

    private static List<IpAddress> Addresses(List<string> texts, string name)
    {
        var addresses = new List<IpAddress>();
        foreach (var text in texts)
        {
            addresses.Add(IpAddress.TryParse(text, out var address) ? address : throw new FormatException($"annotation {Annotation}{name}: '{text}' is no address"));
        }

        return addresses;
    }

    private async Task<string> AssignAsync(PluginRequest request, CancellationToken cancel)
    {
        if (!CalicoNames.IsObjectName(Handle(request)))
        {
            throw new FormatException($"the network's name and the container's, '{Handle(request)}', are no name of an object: letters, digits, '-' and '.' make one");
        }

        await watch.WaitForSyncAsync(cancel).ConfigureAwait(false);
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal) { ["node"] = node, ["timestamp"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fffffff '+0000 UTC'") };
        Pod? pod = null;
        Namespace? ns = null;
        if (request["pod"] is { } asPod && request["ns"] is { } asNamespace)
        {
            var (name, within) = (Name(asPod, "pod"), Name(asNamespace, "namespace"));
            attributes["pod"] = name;
            attributes["namespace"] = within;
            pod = watch.Pods.Get(within, name) ?? await client.TryGetAsync(KubeResources.Pods, within, name, cancel).ConfigureAwait(false);
            ns = watch.Namespaces.Get(null, within) ?? await client.TryGetAsync(KubeResources.Namespaces, null, within, cancel).ConfigureAwait(false);
        }

        if (Texts(pod, "ipAddrsNoIpam") is { Count: > 0 } unmanaged)
        {
            return request["noipam"] == "1"
                ? $"ok {string.Join(' ', Addresses(unmanaged, "ipAddrsNoIpam"))}"
                : throw new FormatException($"annotation {Annotation}ipAddrsNoIpam needs feature_control.ip_addrs_no_ipam in the network configuration");
        }

        IReadOnlyList<IpAddress> certain = Texts(pod, "ipAddrs") is { Count: > 0 } texts ? Addresses(texts, "ipAddrs")
            : request["ip"] is { } asked ? [IpAddress.TryParse(asked, out var address) ? address : throw new FormatException($"IP in CNI_ARGS: '{asked}' is no address")]
            : [];
        var assigned = await allocator.AssignAsync(new AssignRequest
        {
            Handle = Handle(request),
            Attributes = attributes,
            V4 = request["v4"] != "0",
            V6 = request["v6"] == "1",
            PoolsV4 = Texts(pod, "ipv4pools") ?? Texts(ns, "ipv4pools") ?? List(request["pools4"]),
            PoolsV6 = Texts(pod, "ipv6pools") ?? Texts(ns, "ipv6pools") ?? List(request["pools6"]),
            NamespaceLabels = ns?.Metadata.Labels ?? [],
            Addresses = certain,
        }, cancel).ConfigureAwait(false);
        return $"ok {string.Join(' ', assigned)}";
    }

    /// <summary>GC of the specification: what the runtime no longer has goes, without waiting.</summary>
    private async Task<string> CollectAsync(PluginRequest request, CancellationToken cancel)
    {
        var prefix = (request["network"] ?? throw new FormatException("the request has no network")) + ".";
        await queue.IdleAsync().ConfigureAwait(false);
        var gone = (await allocator.HandlesAsync(cancel).ConfigureAwait(false)).Where(handle => handle.StartsWith(prefix, StringComparison.Ordinal) && !request.Words.Contains(handle)).ToArray();
        foreach (var handle in gone)
        {
            await allocator.ReleaseAsync(handle, cancel).ConfigureAwait(false);
        }

        return $"ok {gone.Length}";
    }
}
