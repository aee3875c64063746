using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Podwire.ApiServer.Security;

namespace Podwire.ApiServer.Tests;

/// <summary>A kubelet's /containerLogs, over TLS, for who comes with the API server's certificate.</summary>
internal sealed class FakeKubelet : IAsyncDisposable
{
    private readonly WebApplication app;

    private FakeKubelet(WebApplication app) => this.app = app;

    public int Port => new Uri(app.Urls.First()).Port;

    /// <summary>The path and query of the last request, and who made it.</summary>
    public string LastRequest { get; private set; } = string.Empty;

    public static async Task<FakeKubelet> StartAsync(ClusterPki pki)
    {
        var (certificate, key) = pki.CreateKubeletServingCertificate("n1", [IPAddress.Loopback]);
        var serving = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(certificate, key);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(serving, https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (_, _, _) => true;
        })));
        var app = builder.Build();
        var kubelet = new FakeKubelet(app);
        app.Run(kubelet.AnswerAsync);
        await app.StartAsync();
        return kubelet;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        LastRequest = $"{http.Connection.ClientCertificate!.GetNameInfo(System.Security.Cryptography.X509Certificates.X509NameType.SimpleName, false)} {http.Request.Path}{http.Request.QueryString}";
        if (http.Request.Query["previous"] == "true")
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsync("previous terminated container not found");
            return;
        }

        await http.Response.WriteAsync("first\n");
        await http.Response.Body.FlushAsync();
        if (http.Request.Query["follow"] == "true")
        {
            await Task.Delay(50);
            await http.Response.WriteAsync("second\n");
        }
    }
}
