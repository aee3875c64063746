using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Security;

namespace Podwire.ApiServer.Tests;

/// <summary>An API server of this process on a free loopback port, in a directory of its own.</summary>
public sealed class TestServer : IAsyncLifetime
{
    private readonly List<IDisposable> clients = [];
    private ApiServerHost? host;

    public string Root { get; } = Directory.CreateTempSubdirectory("podwire-apiserver-").FullName;

    public ApiServerHandle Handle => host!.Handle;

    public HttpClient Admin { get; private set; } = null!;

    internal int WatchCacheSize { get; init; } = 8192;

    public async ValueTask InitializeAsync()
    {
        host = await ApiServerHost.StartAsync(new ApiServerOptions
        {
            SecurePort = 0,
            StoreFile = Path.Combine(Root, "store.db"),
            PkiDirectory = Path.Combine(Root, "pki"),
            WatchCacheSize = WatchCacheSize,
        });
        Admin = Client(ClientIdentity.Admin);
    }

    public HttpClient Client(ClientIdentity? identity)
    {
        var handler = new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            errors == SslPolicyErrors.RemoteCertificateChainErrors && Chains((X509Certificate2)certificate!);
        if (identity is not null)
        {
            var certificate = Handle.Pki.CreateClientCertificate(identity);
            clients.Add(certificate);
            handler.SslOptions.ClientCertificates = [certificate];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        var client = new HttpClient(handler) { BaseAddress = new Uri(Handle.Server), Timeout = TimeSpan.FromSeconds(60) };
        clients.Add(client);
        return client;
    }

    public async Task<(int Code, JsonObject Body)> SendAsync(string method, string path, string? body = null, string type = "application/json", HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        using var answer = await (client ?? Admin).SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, JsonNode.Parse(text)!.AsObject());
    }

    public async Task<JsonObject> CreateAsync(string path, string body)
    {
        var (code, answer) = await SendAsync("POST", path, body);
        Assert.True(code == 201, answer.ToString());
        return answer;
    }

    /// <summary>Stops the server and starts it again on the same files, on another port.</summary>
    public async Task RestartAsync()
    {
        await host!.DisposeAsync();
        await InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        clients.ForEach(client => client.Dispose());
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        Directory.Delete(Root, recursive: true);
    }

    private bool Chains(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Handle.Pki.Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
