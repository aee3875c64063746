using Podwire.CniFlannel.Agent;
using Podwire.Daemon;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class FlannelOptionsTests
{
    [Fact]
    public void From_DaemonSetsCommandLine_IsRead()
    {
        var options = Parse(["--ip-masq", "--kube-subnet-mgr", "--iface=eth1", "-public-ip", "10.89.0.11", "--healthz-port=8471", "-v=4"], ("NODE_NAME", "Node1"));
        Assert.True(options.IpMasq);
        Assert.Equal(["eth1"], options.Interfaces);
        Assert.Equal(IpAddress.Parse("10.89.0.11"), options.PublicIp);
        Assert.Equal(8471, options.HealthzPort);
        Assert.Equal(4, options.Verbosity);
        Assert.Equal("node1", options.NodeName);
        Assert.Equal("/run/flannel/subnet.env", options.SubnetFile);
        Assert.Equal("/etc/kube-flannel/net-conf.json", options.NetConfPath);
    }

    [Fact]
    public void From_Environment_FillsWhatTheCommandLineLeavesOut()
    {
        var options = Parse(["--iface=eth1"], ("FLANNELD_IFACE", "eth9"), ("FLANNELD_IP_MASQ", "true"), ("FLANNELD_SUBNET_FILE", "/tmp/x"));
        Assert.Equal(["eth1"], options.Interfaces);
        Assert.True(options.IpMasq);
        Assert.Equal("/tmp/x", options.SubnetFile);
    }

    [Theory]
    [InlineData("--kube-subnet-mgr=false", "etcd")]
    [InlineData("--public-ip=fd00::1", "--public-ip")]
    [InlineData("--iface-regex=eth[", "--iface-regex")]
    [InlineData("--healthz-port=70000", "--healthz-port")]
    [InlineData("--iptables-resync=0", "--iptables-resync")]
    public void From_Unusable_NamesTheFlag(string argument, string words) =>
        Assert.Contains(words, Assert.Throws<FlagException>(() => Parse([argument])).Message, StringComparison.Ordinal);

    private static FlannelOptions Parse(string[] args, params (string Name, string Value)[] environment)
    {
        var flags = FlannelFlags.Declare();
        Assert.True(flags.TryParse(args, TextWriter.Null, TextWriter.Null, out _));
        return FlannelFlags.Read(flags, name => environment.FirstOrDefault(pair => pair.Name == name).Value);
    }
}
