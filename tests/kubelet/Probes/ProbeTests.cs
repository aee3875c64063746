using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Probes;

namespace Podwire.Kubelet.Tests.Probes;

public class ProbeTests
{
    [Theory]
    [InlineData(1, 3, "", "+", "+")]
    [InlineData(1, 3, "", "--", "")]
    [InlineData(1, 3, "", "---", "-")]
    [InlineData(2, 1, "", "+-++", "-+")]
    [InlineData(1, 2, "+", "-+--+", "-+")]
    public void Tracker_Thresholds_CountInARow(int success, int failure, string begin, string outcomes, string verdicts)
    {
        var tracker = new ProbeTracker(success, failure, begin.Length == 0 ? null : begin == "+");
        var seen = new StringBuilder();
        foreach (var outcome in outcomes)
        {
            seen.Append(tracker.Observe(outcome == '+') ? tracker.Verdict == true ? "+" : "-" : "");
        }

        Assert.Equal(verdicts, seen.ToString());
    }

    [Theory]
    [InlineData("200 OK", true)]
    [InlineData("302 Found", true)]
    [InlineData("404 Not Found", false)]
    [InlineData("500 Oops", false)]
    public async Task HttpGet_StatusFrom200Below400_Succeeds(string status, bool success)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync(cancel);
            var buffer = new byte[4096];
            var length = await client.GetStream().ReadAsync(buffer, cancel);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), cancel);
            return Encoding.ASCII.GetString(buffer, 0, length);
        }, cancel);
        var container = new Container { Ports = [new() { Name = "http", ContainerPortNumber = port }] };
        var probe = new Probe { TimeoutSeconds = 30, HttpGet = new() { Path = "/ready", Port = "http", HttpHeaders = [new() { Name = "X-Probe", Value = "1" }] } };
        var outcome = await HandlerRunner.RunAsync(probe, Target(container), cancel);
        Assert.Equal(success, outcome.Success);
        var request = await serving;
        Assert.StartsWith("GET /ready HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.Contains("User-Agent: kube-probe/1.32\r\n", request, StringComparison.Ordinal);
        Assert.Contains("X-Probe: 1\r\n", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TcpSocket_ListensOrNot_IsTold()
    {
        var cancel = TestContext.Current.CancellationToken;
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var probe = new Probe { TimeoutSeconds = 30, TcpSocket = new() { Port = ((IPEndPoint)listener.LocalEndpoint).Port } };
        Assert.True((await HandlerRunner.RunAsync(probe, Target(new()), cancel)).Success);
        listener.Dispose();
        Assert.Contains("dial tcp 127.0.0.1", (await HandlerRunner.RunAsync(probe, Target(new()), cancel)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_UnknownName_Fails()
    {
        var probe = new Probe { TcpSocket = new() { Port = "none" } };
        Assert.Equal("no port named none", (await HandlerRunner.RunAsync(probe, Target(new()), TestContext.Current.CancellationToken)).Message);
    }

    private static HandlerTarget Target(Container container) =>
        new(container, new(1, 0), new() { Command = ["x"], Environment = [], LogPath = "/x" }, "127.0.0.1");
}
