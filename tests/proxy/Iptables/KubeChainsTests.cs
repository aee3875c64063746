using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Iptables;

/// <summary>Names that kube-proxy gives, known from its own clusters.</summary>
public sealed class KubeChainsTests
{
    [Theory]
    [InlineData("ns1/svc1:p80", "XPGD46QRK7WJZT7O")]
    [InlineData("ns2/svc2:p80", "GNZBNJ2PO5MGZ6GT")]
    [InlineData("ns4/svc4:p80", "4SW47YFZTEDKD3PK")]
    [InlineData("default/kubernetes:https", "NPX46M4PTMTKRN6Y")]
    public void HashOf_ServicePort_IsKubeProxys(string name, string hash) => Assert.Equal(hash, KubeChains.HashOf(name, IpProtocol.Tcp));

    [Theory]
    [InlineData("ns1/svc1:p80", "10.180.0.1", "KUBE-SEP-SXIVWICOYRO3J4NJ")]
    [InlineData("ns4/svc4:p80", "10.180.0.5", "KUBE-SEP-C6EBXVWJJZMIWKLZ")]
    public void Endpoint_Address_IsKubeProxys(string name, string address, string chain) => Assert.Equal(chain, KubeChains.Endpoint(name, IpProtocol.Tcp, At(address, 80)));
}
