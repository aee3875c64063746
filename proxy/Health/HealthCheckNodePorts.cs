using Microsoft.Extensions.Logging;
using Podwire.Daemon;
using Podwire.Primitives;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Health;

/// <summary>
/// spec.healthCheckNodePort: for each Service with externalTrafficPolicy Local a small HTTP server that tells load balancers
/// whether this node has endpoints of it: 200 with a count, or 503.
/// </summary>
internal sealed class HealthCheckNodePorts(Func<bool> isProxyHealthy, Action<ServiceRecord, string> problem, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly Dictionary<ServiceKey, Entry> entries = [];

    /// <summary>Takes in the Services that changed.</summary>
    public async Task UpdateAsync(ProxySnapshot snapshot, CancellationToken cancel)
    {
        foreach (var (key, state) in snapshot.Services)
        {
            var port = state?.Service.HealthCheckNodePort ?? 0;
            if (entries.TryGetValue(key, out var entry) && (entry.Port != port || !state!.Service.ExternalLocal))
            {
                entries.Remove(key);
                await entry.Server.DisposeAsync().ConfigureAwait(false);
                entry = null;
            }

            if (port == 0 || !state!.Service.ExternalLocal)
            {
                continue;
            }

            var count = LocalEndpoints(state, snapshot.Node.Name);
            if (entry is not null)
            {
                entry.Count = count;
            }
            else
            {
                await OpenAsync(state.Service, port, count, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var entry in entries.Values)
        {
            await entry.Server.DisposeAsync().ConfigureAwait(false);
        }

        entries.Clear();
    }

    /// <summary>The addresses of ready endpoints on this node, whatever port.</summary>
    internal static int LocalEndpoints(ServiceState state, string node)
    {
        var addresses = new HashSet<IpAddress>();
        foreach (var slice in state.Slices)
        {
            foreach (var endpoint in slice.Endpoints)
            {
                if (endpoint.IsReady && endpoint.NodeName == node)
                {
                    addresses.Add(endpoint.Address);
                }
            }
        }

        return addresses.Count;
    }

    internal static HealthReply Answer(ServiceKey key, int count, bool healthy) =>
        HealthReply.Json(
            count > 0 && healthy ? 200 : 503,
            $"{{\"service\":{{\"namespace\":\"{key.Namespace}\",\"name\":\"{key.Name}\"}},\"localEndpoints\":{count},\"serviceProxyHealthy\":{(healthy ? "true" : "false")}}}")
            with
        {
            Headers = new Dictionary<string, string> { ["X-Load-Balancing-Endpoint-Weight"] = count.ToString() },
        };

    private async Task OpenAsync(ServiceRecord service, int port, int count, CancellationToken cancel)
    {
        var server = new HealthServer($"[::]:{port}", loggers);
        var entry = new Entry(port, server) { Count = count };
        HealthReply Reply() => Answer(service.Key, entry.Count, isProxyHealthy());
        server.Map("/", Reply).Map("/healthz", Reply);
        try
        {
            await server.StartAsync(cancel).ConfigureAwait(false);
            entries[service.Key] = entry;
        }
        catch (IOException e)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            problem(service, $"spec.healthCheckNodePort {port}: {e.Message}");
        }
    }

    private sealed class Entry(int port, HealthServer server)
    {
        private int count;

        public int Port { get; } = port;

        public HealthServer Server { get; } = server;

        public int Count
        {
            get => Volatile.Read(ref count);
            set => Volatile.Write(ref count, value);
        }
    }
}
