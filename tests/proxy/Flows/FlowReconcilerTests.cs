using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Flows;
using Podwire.Proxy.State;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Flows;

public sealed class FlowReconcilerTests
{
    private static readonly HashSet<IpAddress> Local = [Ip("10.89.0.11")];

    // The Service is 10.96.0.10:53/udp, node port 30053; its endpoint 10.244.0.2:8053.
    [Theory]
    [InlineData("10.96.0.10", 53, "10.244.0.2", 8053, true, false)]
    [InlineData("10.96.0.10", 53, "10.244.0.9", 8053, true, true)]
    [InlineData("10.96.0.10", 53, "10.244.0.2", 53, true, true)]
    [InlineData("10.96.0.10", 53, "10.96.0.10", 53, true, true)]
    [InlineData("10.96.0.10", 53, "10.244.0.9", 8053, false, false)]
    [InlineData("10.89.0.11", 30053, "10.244.0.9", 8053, true, true)]
    [InlineData("10.89.0.11", 30053, "10.244.0.2", 8053, true, false)]
    [InlineData("198.51.100.1", 30053, "198.51.100.1", 30053, true, false)]
    [InlineData("198.51.100.1", 53, "198.51.100.1", 53, true, false)]
    public void IsStale_OnlyFlowsToChangedFrontendsWhosePeerIsNoEndpoint(string to, int port, string peer, int peerPort, bool changed, bool stale)
    {
        var service = Service() with { Ports = [new("dns", IpProtocol.Udp, 53, 30053)] };
        var model = new TableModel(new() { Family = IpFamily.V4 });
        model.Absorb(Snapshot(With(service, Endpoint("10.244.0.2"))));
        HashSet<FrontendKey> keys = changed ? [new(Ip("10.96.0.10"), IpProtocol.Udp, 53), FrontendKey.NodePort(IpProtocol.Udp, 30053)] : [];

        var flow = new Flow(IpProtocol.Udp, new(Ip(to), (ushort)port), new(Ip(peer), (ushort)peerPort));

        Assert.Equal(stale, FlowReconciler.IsStale(flow, model, keys, Local));
    }

    [Fact]
    public void IsStale_FrontendThatIsGone_HasNoEndpoints()
    {
        var model = new TableModel(new() { Family = IpFamily.V4 });
        var flow = new Flow(IpProtocol.Udp, At("10.96.0.10", 53), At("10.244.0.2", 8053));

        Assert.True(FlowReconciler.IsStale(flow, model, new HashSet<FrontendKey> { new(Ip("10.96.0.10"), IpProtocol.Udp, 53) }, Local));
        Assert.False(FlowReconciler.IsStale(flow, model, null, Local));
    }
}
