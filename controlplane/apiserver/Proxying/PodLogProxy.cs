using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Proxying;

/// <summary>pods/log: streams /containerLogs of the pod's kubelet (https, with a client certificate) to the client.</summary>
internal sealed class PodLogProxy : IDisposable
{
    private const int KubeletPort = 10250;
    private static readonly string[] Options = ["follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream"];

    private readonly ObjectStore store;
    private readonly ApiResource nodes;
    private readonly HttpClient client;

    public PodLogProxy(ObjectStore store, ApiResource nodes, X509Certificate2 clientCertificate, X509Certificate2 authority)
    {
        this.store = store;
        this.nodes = nodes;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            AllowAutoRedirect = false,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [clientCertificate],
                // Kubelets present certificates of the cluster's authority, or, as real kubelets do by default, one they signed themselves.
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 presented && IsAcceptable(presented, authority),
            },
        };
        client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public void Dispose() => client.Dispose();

    /// <exception cref="ApiException">400, 404, 500: no such pod or container, or no kubelet that answers.</exception>
    public async Task HandleAsync(ApiRequest request)
    {
        if (!HttpMethods.IsGet(request.Http.Request.Method))
        {
            throw ApiErrors.MethodNotAllowed();
        }

        var stored = store.Get(request.Resource.Stored, request.Key) ?? throw ApiErrors.NotFound(request.Resource, request.Name!);
        var pod = (JsonObject)JsonText.Parse(stored.Body)!;
        var container = Container(request, pod);
        if (pod.Object("spec").Text("nodeName") is not { Length: > 0 } nodeName)
        {
            // Nothing has run yet, so there is nothing to show: as kube-apiserver answers.
            await ApiDispatcher.WriteAsync(request.Http, 200, ReadOnlyMemory<byte>.Empty, "text/plain");
            return;
        }

        var uri = new UriBuilder(Kubelet(nodeName))
        {
            Path = $"/containerLogs/{stored.Namespace}/{stored.Name}/{container}",
            Query = Query(request),
        }.Uri;
        HttpResponseMessage answer;
        try
        {
            answer = await client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, request.Aborted);
        }
        catch (HttpRequestException error)
        {
            throw ApiErrors.Internal($"Get \"{uri}\": {error.InnerException?.Message ?? error.Message}");
        }

        using (answer)
        {
            await CopyAsync(request, answer);
        }
    }

    private static bool IsAcceptable(X509Certificate2 presented, X509Certificate2 authority)
    {
        if (presented.IssuerName.RawData.AsSpan().SequenceEqual(presented.SubjectName.RawData))
        {
            return true;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(presented);
    }

    private static string Container(ApiRequest request, JsonObject pod)
    {
        var spec = pod.Object("spec");
        string[] names = [.. spec.Objects("initContainers").Concat(spec.Objects("containers")).Concat(spec.Objects("ephemeralContainers")).Select(item => item.Text("name") ?? string.Empty)];
        if (request.Query("container") is { Length: > 0 } asked)
        {
            return names.Contains(asked) ? asked : throw ApiErrors.BadRequest($"container {asked} is not valid for pod {request.Name}");
        }

        string[] main = [.. spec.Objects("containers").Select(item => item.Text("name") ?? string.Empty)];
        return main.Length == 1 && names.Length == 1
            ? main[0]
            : throw ApiErrors.BadRequest($"a container name must be specified for pod {request.Name}, choose one of: [{string.Join(' ', names)}]");
    }

    private static string Query(ApiRequest request)
    {
        var terms = new List<string>();
        foreach (var name in Options)
        {
            if (request.Query(name) is { } value)
            {
                terms.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }

        return string.Join('&', terms);
    }

    private static async Task CopyAsync(ApiRequest request, HttpResponseMessage answer)
    {
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            var text = (await answer.Content.ReadAsStringAsync(request.Aborted)).Trim();
            throw answer.StatusCode switch
            {
                HttpStatusCode.NotFound => new ApiException(404, "NotFound", text),
                HttpStatusCode.BadRequest => ApiErrors.BadRequest(text),
                _ => ApiErrors.Internal($"the kubelet answered {(int)answer.StatusCode}: {text}"),
            };
        }

        var response = request.Http.Response;
        response.ContentType = "text/plain";
        request.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.StartAsync(request.Aborted);
        await response.Body.FlushAsync(request.Aborted);
        await using var stream = await answer.Content.ReadAsStreamAsync(request.Aborted);
        var buffer = new byte[16 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer, request.Aborted)) > 0;)
        {
            await response.Body.WriteAsync(buffer.AsMemory(0, read), request.Aborted);
            await response.Body.FlushAsync(request.Aborted);
        }
    }

    private Uri Kubelet(string nodeName)
    {
        var stored = store.Get(nodes.Stored, nodeName) ?? throw ApiErrors.NotFound(nodes, nodeName);
        var status = ((JsonObject)JsonText.Parse(stored.Body)!).Object("status");
        var address = status.Objects("addresses").FirstOrDefault(item => item.Text("type") == "InternalIP").Text("address")
            ?? throw ApiErrors.Internal($"no preferred addresses found; known addresses: [] (node {nodeName})");
        var port = status.At("daemonEndpoints", "kubeletEndpoint").Number("Port") ?? KubeletPort;
        return new UriBuilder("https", address, (int)port).Uri;
    }
}
