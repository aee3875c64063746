using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Rest;

/// <summary>Counts requests for /metrics, in the names of kube-apiserver.</summary>
internal sealed class RequestMetrics
{
    private readonly ConcurrentDictionary<(string Method, int Code), Counter> requests = new();

    public void Count(string method, int code, TimeSpan duration) => requests.GetOrAdd((method, code), _ => new Counter()).Add(duration);

    public string Text(ObjectStore store, ResourceCatalog catalog)
    {
        var text = new StringBuilder();
        text.Append("# HELP apiserver_request_total Requests by method and code.\n# TYPE apiserver_request_total counter\n");
        foreach (var ((method, code), counter) in requests)
        {
            text.Append(CultureInfo.InvariantCulture, $"apiserver_request_total{{verb=\"{method}\",code=\"{code}\"}} {counter.Requests}\n");
        }

        text.Append("# HELP apiserver_request_duration_seconds_sum Time spent in requests, watches included.\n# TYPE apiserver_request_duration_seconds_sum counter\n");
        foreach (var ((method, code), counter) in requests)
        {
            text.Append(CultureInfo.InvariantCulture, $"apiserver_request_duration_seconds_sum{{verb=\"{method}\",code=\"{code}\"}} {counter.Seconds:0.######}\n");
        }

        text.Append("# HELP apiserver_storage_objects Objects in the store.\n# TYPE apiserver_storage_objects gauge\n");
        foreach (var resource in catalog.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"apiserver_storage_objects{{resource=\"{resource.QualifiedName}\"}} {store.Cache(resource.Stored).Count}\n");
        }

        text.Append("# HELP podwire_apiserver_revision The store's revision.\n# TYPE podwire_apiserver_revision gauge\n");
        return text.Append(CultureInfo.InvariantCulture, $"podwire_apiserver_revision {store.Revision}\n").ToString();
    }

    private sealed class Counter
    {
        private long requests;
        private long ticks;

        public long Requests => Interlocked.Read(ref requests);

        public double Seconds => TimeSpan.FromTicks(Interlocked.Read(ref ticks)).TotalSeconds;

        public void Add(TimeSpan duration)
        {
            Interlocked.Increment(ref requests);
            Interlocked.Add(ref ticks, duration.Ticks);
        }
    }
}
