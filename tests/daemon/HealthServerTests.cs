using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.Daemon;

namespace Podwire.Daemon.Tests;

public class HealthServerTests
{
    [Fact]
    public async Task Server_AnswersMappedPathsOnly()
    {
        var cancel = TestContext.Current.CancellationToken;
        var healthy = true;
        await using var server = new HealthServer("127.0.0.1:0", NullLoggerFactory.Instance)
            .Map("/healthz", () => healthy ? HealthReply.Ok : HealthReply.Unhealthy("not synced"));
        await server.StartAsync(cancel);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Port}") };
        Assert.Equal("ok", await http.GetStringAsync("/healthz", cancel));
        healthy = false;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/healthz", cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/nope", cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.DeleteAsync("/healthz", cancel)).StatusCode);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost:1")]
    [InlineData("127.0.0.1:70000")]
    public void BindAddress_Malformed_IsRefused(string text) =>
        Assert.Throws<FormatException>(() => new HealthServer(text, NullLoggerFactory.Instance));

    [Fact]
    public void Exporter_WritesCountersGaugesAndHistograms()
    {
        using var meter = new Meter("exporter-test");
        using var exporter = new PrometheusExporter("exporter-test");
        var counter = meter.CreateCounter<long>("x_total", description: "how many");
        meter.CreateObservableGauge("x_now", () => 7L);
        var histogram = meter.CreateHistogram("x_seconds", null, null, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] }, tags: null);
        counter.Add(2, new KeyValuePair<string, object?>("kind", "a\"b"));
        counter.Add(3, new KeyValuePair<string, object?>("kind", "a\"b"));
        histogram.Record(0.5);
        histogram.Record(5);
        var text = exporter.Export();
        Assert.Contains("# HELP x_total how many\n# TYPE x_total counter\nx_total{kind=\"a\\\"b\"} 5\n", text);
        Assert.Contains("# TYPE x_now gauge\nx_now 7\n", text);
        Assert.Contains("x_seconds_bucket{le=\"0.1\"} 0\nx_seconds_bucket{le=\"1\"} 1\nx_seconds_bucket{le=\"+Inf\"} 2\nx_seconds_sum 5.5\nx_seconds_count 2\n", text);
    }
}
