using System.Text;
using Microsoft.AspNetCore.Http;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Rest;

/// <summary>/healthz, /livez, /readyz (with ?verbose and single checks) and /metrics.</summary>
internal sealed class HealthEndpoints(ObjectStore store, ResourceCatalog catalog, RequestMetrics metrics)
{
    private volatile bool isReady;
    private volatile bool isEnding;

    /// <summary>The built-in objects are in place.</summary>
    public void SetReady() => isReady = true;

    /// <summary>The server ends: not ready, still alive.</summary>
    public void SetEnding() => isEnding = true;

    public async Task HandleAsync(HttpContext http, string[] steps)
    {
        if (steps is ["metrics"])
        {
            await ApiDispatcher.WriteAsync(http, 200, Encoding.UTF8.GetBytes(metrics.Text(store, catalog)), "text/plain; version=0.0.4; charset=utf-8");
            return;
        }

        var checks = Checks(steps[0]);
        if (steps.Length > 1)
        {
            checks = [.. checks.Where(check => check.Name == string.Join('/', steps[1..]))];
            if (checks.Count == 0)
            {
                throw ApiErrors.NoSuchPath();
            }
        }

        var isGood = checks.TrueForAll(check => check.IsGood);
        var text = "ok";
        if (http.Request.Query.ContainsKey("verbose") || !isGood)
        {
            var lines = new StringBuilder();
            foreach (var (name, good) in checks)
            {
                lines.Append(good ? "[+]" : "[-]").Append(name).Append(good ? " ok\n" : " failed\n");
            }

            text = lines.Append(steps[0]).Append(isGood ? " check passed\n" : " check failed\n").ToString();
        }

        await ApiDispatcher.WriteAsync(http, isGood ? 200 : 500, Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8");
    }

    private List<(string Name, bool IsGood)> Checks(string kind) => kind == "livez"
        ? [("ping", true)]
        : [("ping", true), ("store", store.Revision > 0), ("poststarthook/bootstrap", isReady), ("shutdown", !isEnding)];
}
