using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Probes;

/// <summary>Does what probes and lifecycle hooks name: a command in the container, an HTTP GET, a TCP connection, a sleep.</summary>
internal static class HandlerRunner
{
    // A pod's certificate names no address, and a probe carries nothing secret (Kubernetes: «Configure Probes»: verification is skipped).
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.Zero,
#pragma warning disable CA5359 // Said above: Kubernetes defines that probes verify no certificate.
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
    });

    /// <summary>One try of a probe.</summary>
    public static Task<ProbeOutcome> RunAsync(Probe probe, HandlerTarget target, CancellationToken cancel)
    {
        var limit = TimeSpan.FromSeconds(Math.Max(probe.TimeoutSeconds ?? 1, 1));
        return probe switch
        {
            { Exec: { } exec } => ExecAsync(exec, target, limit, cancel),
            { HttpGet: { } get } => GetAsync(get, target, limit, cancel),
            { TcpSocket: { } tcp } => ConnectAsync(tcp, target, limit, cancel),
            _ => Task.FromResult(ProbeOutcome.Fail("the probe names no action that is served")),
        };
    }

    /// <summary>A lifecycle hook.</summary>
    public static async Task<ProbeOutcome> RunAsync(LifecycleHandler hook, HandlerTarget target, TimeSpan limit, CancellationToken cancel)
    {
        switch (hook)
        {
            case { Exec: { } exec }:
                return await ExecAsync(exec, target, limit, cancel);
            case { HttpGet: { } get }:
                return await GetAsync(get, target, limit, cancel);
            case { Sleep: { } sleep }:
                var wanted = TimeSpan.FromSeconds(sleep.Seconds);
                await Task.Delay(wanted < limit ? wanted : limit, cancel);
                return ProbeOutcome.Ok;
            default:
                return ProbeOutcome.Fail("the hook names no action that is served");
        }
    }

    private static async Task<ProbeOutcome> ExecAsync(ExecAction exec, HandlerTarget target, TimeSpan limit, CancellationToken cancel)
    {
        var result = await ContainerExec.RunAsync(target.Process, target.Config, exec.Command, limit, cancel);
        return result.ExitCode == 0 ? ProbeOutcome.Ok : ProbeOutcome.Fail(result.Output.Length > 0 ? result.Output.Trim() : $"command terminated with exit code {result.ExitCode}");
    }

    private static async Task<ProbeOutcome> GetAsync(HttpGetAction get, HandlerTarget target, TimeSpan limit, CancellationToken cancel)
    {
        if (target.Port(get.Port) is not { } port)
        {
            return ProbeOutcome.Fail($"no port named {get.Port}");
        }

        var host = string.IsNullOrEmpty(get.Host) ? target.PodIP : get.Host;
        var scheme = (get.Scheme ?? "HTTP").ToLowerInvariant();
        var path = get.Path is not { Length: > 0 } given ? "/" : given[0] == '/' ? given : "/" + given;
        if (!Uri.TryCreate($"{scheme}://{(host.Contains(':') ? $"[{host}]" : host)}:{port}{path}", UriKind.Absolute, out var uri))
        {
            return ProbeOutcome.Fail($"{host}:{port}{path} is no address");
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.32");
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        foreach (var header in get.HttpHeaders)
        {
            request.Headers.Remove(header.Name);
            request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(limit);
        try
        {
            using var answer = await Http.SendAsync(request, patience.Token);
            return answer.StatusCode is >= HttpStatusCode.OK and < HttpStatusCode.BadRequest
                ? ProbeOutcome.Ok
                : ProbeOutcome.Fail($"HTTP probe failed with statuscode: {(int)answer.StatusCode}");
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return ProbeOutcome.Fail($"Get \"{uri}\": {(error is OperationCanceledException ? "timed out" : error.Message)}");
        }
    }

    private static async Task<ProbeOutcome> ConnectAsync(TcpSocketAction tcp, HandlerTarget target, TimeSpan limit, CancellationToken cancel)
    {
        if (target.Port(tcp.Port) is not { } port)
        {
            return ProbeOutcome.Fail($"no port named {tcp.Port}");
        }

        var host = string.IsNullOrEmpty(tcp.Host) ? target.PodIP : tcp.Host;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(limit);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, patience.Token);
            return ProbeOutcome.Ok;
        }
        catch (Exception error) when (error is SocketException || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return ProbeOutcome.Fail($"dial tcp {host}:{port}: {(error is OperationCanceledException ? "timed out" : error.Message)}");
        }
    }
}
