using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Podwire.Kube.Tests;

/// <summary>A server on a free port of loopback that answers with a function and remembers what it was asked.</summary>
internal sealed class HttpFixture : IAsyncDisposable
{
    private readonly WebApplication application;

    private HttpFixture(WebApplication application) => this.application = application;

    public Uri Address => new(application.Urls.First());

    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<HttpFixture> StartAsync(RequestDelegate answer, X509Certificate2? certificate = null, bool askForClientCertificate = false)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddLogging();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate, https =>
                {
                    https.ClientCertificateMode = askForClientCertificate ? ClientCertificateMode.AllowCertificate : ClientCertificateMode.NoCertificate;
                    https.AllowAnyClientCertificate();
                });
            }
        }));
        var application = builder.Build();
        var fixture = new HttpFixture(application);
        application.Run(context =>
        {
            fixture.Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            return answer(context);
        });
        await application.StartAsync();
        return fixture;
    }

    public KubeClient Client(KubeClientOptions? options = null) => new(new KubeConfig { Server = Address }, options);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await application.StopAsync(now.Token);
        await application.DisposeAsync();
    }
}
