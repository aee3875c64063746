using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Podwire.Daemon;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Logs;
using Podwire.Kubelet.Pods;

namespace Podwire.Kubelet.Server;

/// <summary>
/// The kubelet's HTTPS API, which the API server calls: /containerLogs, /pods, /healthz, /metrics. Every request needs a client
/// certificate of the cluster's authority. exec, attach, run and port-forward answer 501.
/// </summary>
/// <param name="options">Address and port.</param>
/// <param name="dispatcher">The pods.</param>
/// <param name="paths">Where logs are.</param>
/// <param name="clients">Who may ask.</param>
/// <param name="metrics">What /metrics shows.</param>
/// <param name="loggers">The log.</param>
internal sealed class KubeletServer(
    KubeletOptions options, PodDispatcher dispatcher, Runtime.KubeletPaths paths, ClientCertificates clients, PrometheusExporter metrics, ILoggerFactory loggers) : IAsyncDisposable
{
    private WebApplication? application;

    /// <summary>The port listened on, once started.</summary>
    public int Port => new Uri(application!.Urls.First()).Port;

    /// <summary>Starts listening.</summary>
    /// <exception cref="IOException">The port is taken; the message names it.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        var certificate = ServingCertificate.Load(options, TimeProvider.System);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Parse(options.Address), options.Port, listen => listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (client, _, _) => clients.Accept(client);
            }));
        });
        application = builder.Build();
        application.Run(AnswerAsync);
        try
        {
            await application.StartAsync(cancel);
        }
        catch (SocketException error)
        {
            throw new IOException($"cannot listen on {options.Address}:{options.Port}: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (application is not null)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await application.StopAsync(limit.Token);
            await application.DisposeAsync();
        }
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    private Task AnswerAsync(HttpContext context)
    {
        var words = (context.Request.Path.Value ?? "/").Split('/', StringSplitOptions.RemoveEmptyEntries);
        switch (words)
        {
            case ["exec" or "attach" or "run" or "portForward" or "cri", ..]:
                return TextAsync(context, StatusCodes.Status501NotImplemented, $"{words[0]} is not served by this kubelet; podwire exec runs a command in a pod's namespaces");
            case var _ when !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method):
                context.Response.Headers.Allow = "GET, HEAD";
                return TextAsync(context, StatusCodes.Status405MethodNotAllowed, "only GET is served");
            case ["healthz"]:
                return TextAsync(context, StatusCodes.Status200OK, "ok");
            case ["metrics"]:
                context.Response.ContentType = PrometheusExporter.ContentType;
                return context.Response.WriteAsync(metrics.Export(), context.RequestAborted);
            case ["pods"]:
                return PodsAsync(context);
            case ["containerLogs", var ns, var pod, var container]:
                return LogsAsync(context, ns, pod, container);
            default:
                return TextAsync(context, StatusCodes.Status404NotFound, "404 page not found");
        }
    }

    private async Task PodsAsync(HttpContext context)
    {
        var list = new KubeList<Pod> { ApiVersion = "v1", Kind = "PodList", Items = [.. dispatcher.Workers.Select(worker => worker.Pod)] };
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(KubeJson.Serialize(list), context.RequestAborted);
    }

    private async Task LogsAsync(HttpContext context, string ns, string podName, string container)
    {
        if (!LogRequest.TryRead(context.Request.Query, DateTimeOffset.UtcNow, out var request, out var problem))
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, problem);
            return;
        }

        if (dispatcher.Find(ns, podName) is not { } worker)
        {
            await TextAsync(context, StatusCodes.Status404NotFound, $"pod \"{podName}\" not found in namespace \"{ns}\"");
            return;
        }

        if (!worker.Pod.Spec.Containers.Concat(worker.Pod.Spec.InitContainers).Any(one => one.Name == container))
        {
            await TextAsync(context, StatusCodes.Status404NotFound, $"container \"{container}\" not found in pod \"{podName}\"");
            return;
        }

        if (worker.State.Container(container) is not { } record)
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, $"container \"{container}\" in pod \"{podName}\" is waiting to start: {worker.WaitingFor(container)}");
            return;
        }

        var attempt = record.Attempt - (request.Previous ? 1 : 0);
        if (attempt < 0)
        {
            await TextAsync(context, StatusCodes.Status400BadRequest, $"previous terminated container \"{container}\" in pod \"{podName}\" not found");
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.StartAsync(context.RequestAborted);
        bool Running() => worker.State.Container(container) is { } latest && latest.Attempt == attempt && latest.IsRunning;
        try
        {
            await CriLogReader.CopyAsync(paths.Log(worker.State, container, attempt), request.Options, Running, context.Response.Body, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The reader went away.
        }
    }
}
