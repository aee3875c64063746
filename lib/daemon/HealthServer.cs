using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Podwire.Daemon;

/// <summary>
/// The small plain-HTTP server of a daemon: /healthz, /livez, /readyz, /metrics and what else it maps.
/// GET and HEAD only; an unmapped path answers 404.
/// </summary>
public sealed class HealthServer : IAsyncDisposable
{
    private readonly Dictionary<string, Func<HealthReply>> paths = new(StringComparer.Ordinal);
    private readonly IPEndPoint endPoint;
    private readonly ILoggerFactory loggers;
    private WebApplication? application;

    /// <summary>A server for <c>address:port</c>, <c>[v6]:port</c> or <c>:port</c> (every address); port 0 picks a free one.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public HealthServer(string bindAddress, ILoggerFactory loggers)
    {
        var text = bindAddress.StartsWith(':') ? "0.0.0.0" + bindAddress : bindAddress;
        if (!IPEndPoint.TryParse(text, out var parsed) || !text.EndsWith($":{parsed.Port}", StringComparison.Ordinal))
        {
            throw new FormatException($"'{bindAddress}' is not an address with a port, such as 127.0.0.1:10249");
        }

        endPoint = parsed;
        this.loggers = loggers;
    }

    /// <summary>The port that is listened on, once started.</summary>
    public int Port => application is null ? endPoint.Port : new Uri(application.Urls.First()).Port;

    /// <summary>Answers <paramref name="path"/> with what <paramref name="reply"/> says at each request; call before starting.</summary>
    public HealthServer Map(string path, Func<HealthReply> reply)
    {
        paths[path] = reply;
        return this;
    }

    /// <summary>Answers <paramref name="path"/> with the exporter's metrics in the Prometheus text format.</summary>
    public HealthServer MapMetrics(string path, PrometheusExporter exporter) =>
        Map(path, () => new HealthReply(200, exporter.Export(), PrometheusExporter.ContentType));

    /// <summary>Starts listening.</summary>
    /// <exception cref="IOException">The address or port cannot be had; the message names it.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(endPoint);
        });
        application = builder.Build();
        application.Run(AnswerAsync);
        await application.StartAsync(cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (application is not null)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await application.StopAsync(limit.Token).ConfigureAwait(false);
            await application.DisposeAsync().ConfigureAwait(false);
        }
    }

    private Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return Task.CompletedTask;
        }

        if (!paths.TryGetValue(context.Request.Path.Value ?? "/", out var reply))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return response.WriteAsync("404 page not found\n");
        }

        var answer = reply();
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.Headers.XContentTypeOptions = "nosniff";
        foreach (var (name, value) in answer.Headers ?? new Dictionary<string, string>())
        {
            response.Headers[name] = value;
        }

        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.WriteAsync(answer.Body);
    }
}
