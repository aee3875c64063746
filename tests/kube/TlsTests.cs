using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Podwire.Kube.Tests;

public class TlsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OwnAuthority_AndClientCertificate_OverHttp2()
    {
        using var pki = new TestCertificates();
        using var certificate = pki.Server();
        var seen = "";
        await using var server = await HttpFixture.StartAsync(
            async context =>
            {
                var client = await context.Connection.GetClientCertificateAsync(Cancel);
                seen = $"{context.Request.Protocol} {client?.Subject}";
                await context.Response.WriteAsync("{}");
            },
            certificate,
            askForClientCertificate: true);
        var (cert, key) = pki.Client("kube-proxy");
        await AskAsync(new KubeConfig { Server = server.Address, CertificateAuthorityPem = pki.AuthorityPem, ClientCertificatePem = cert, ClientKeyPem = key });
        Assert.Equal("HTTP/2 CN=kube-proxy, O=system:masters", seen);
    }

    [Fact]
    public async Task AnotherAuthority_OfTheSameName_IsRefused()
    {
        using var pki = new TestCertificates();
        using var other = new TestCertificates();
        using var certificate = pki.Server();
        await using var server = await HttpFixture.StartAsync(context => context.Response.WriteAsync("{}"), certificate);
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(new KubeConfig { Server = server.Address, CertificateAuthorityPem = other.AuthorityPem }));
        await AskAsync(new KubeConfig { Server = server.Address, CertificateAuthorityPem = other.AuthorityPem + "\n" + pki.AuthorityPem });
    }

    [Fact]
    public async Task NoAuthority_TrustsTheMachinesListOnly()
    {
        using var pki = new TestCertificates();
        using var certificate = pki.Server();
        await using var server = await HttpFixture.StartAsync(context => context.Response.WriteAsync("{}"), certificate);
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(new KubeConfig { Server = server.Address }));
        await AskAsync(new KubeConfig { Server = server.Address, InsecureSkipTlsVerify = true });
    }

    [Fact]
    public async Task AnotherName_IsRefused_UnlessToldToExpectIt()
    {
        using var pki = new TestCertificates();
        using var certificate = pki.Server("api.example.com");
        await using var server = await HttpFixture.StartAsync(context => context.Response.WriteAsync("{}"), certificate);
        var config = new KubeConfig { Server = server.Address, CertificateAuthorityPem = pki.AuthorityPem };
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(config));
        await AskAsync(new KubeConfig { Server = server.Address, CertificateAuthorityPem = pki.AuthorityPem, TlsServerName = "api.example.com" });
    }

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.1", true)]
    [InlineData("1.3.6.1.5.5.7.3.2", false)]
    public async Task CertificateForAnotherUse_IsRefused(string usage, bool accepted)
    {
        using var pki = new TestCertificates();
        using var certificate = pki.Server(usage: usage);
        // Kestrel would not serve such a certificate itself.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serve = Task.Run(
            async () =>
            {
                using var connection = await listener.AcceptTcpClientAsync(Cancel);
                await using var tls = new SslStream(connection.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, Cancel);
                await tls.ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false, Cancel);
                await tls.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray(), Cancel);
            },
            Cancel);
        var ask = AskAsync(new KubeConfig { Server = new Uri($"https://{listener.LocalEndpoint}"), CertificateAuthorityPem = pki.AuthorityPem });
        if (accepted)
        {
            await ask;
            await serve;
        }
        else
        {
            var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => ask);
            Assert.Equal(HttpRequestError.SecureConnectionError, refusal.HttpRequestError);
            await serve.ContinueWith(_ => { }, Cancel, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    [Fact]
    public async Task Reflector_WorksOverTls_WithManyWatchesOnOneConnection()
    {
        using var pki = new TestCertificates();
        using var certificate = pki.Server();
        var connections = new HashSet<string>();
        await using var server = await HttpFixture.StartAsync(
            async context =>
            {
                lock (connections)
                {
                    connections.Add(context.Connection.Id);
                }

                if (context.Request.Query.ContainsKey("watch"))
                {
                    await context.Response.StartAsync();
                    await context.Response.Body.FlushAsync();
                    await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return;
                }

                await context.Response.WriteAsync("""{"metadata":{"resourceVersion":"5"},"items":[]}""");
            },
            certificate);
        using var client = new KubeClient(new KubeConfig { Server = server.Address, CertificateAuthorityPem = pki.AuthorityPem });
        using var stop = new CancellationTokenSource();
        var pods = new Reflector<Objects.Pod>(client, KubeResources.Pods);
        var nodes = new Reflector<Objects.Node>(client, KubeResources.Nodes);
        var services = new Reflector<Objects.Service>(client, KubeResources.Services);
        var running = Task.WhenAll(pods.RunAsync(stop.Token), nodes.RunAsync(stop.Token), services.RunAsync(stop.Token));
        await Eventually.TrueAsync(() => pods.Health.IsWatching && nodes.Health.IsWatching && services.Health.IsWatching && server.Requests.Count >= 6);
        await stop.CancelAsync();
        await running;
        Assert.Single(connections);
    }

    private static async Task AskAsync(KubeConfig config)
    {
        using var client = new KubeClient(config);
        await client.SendRawAsync(HttpMethod.Get, "version", default, null, Cancel);
    }
}
