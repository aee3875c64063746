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

    [Fact]
    public void From_FlagsThatStandSeveralTimes_AreAllRead()
    {
        var options = Parse(["--iface=eth1", "--iface", "10.89.0.11", "--iface-regex=^ens", "--iface-regex=^eth"]);
        Assert.Equal(["eth1", "10.89.0.11"], options.Interfaces);
        Assert.Equal(["^ens", "^eth"], options.InterfaceRegexes);
        Assert.Equal(["ens3"], Parse([], ("FLANNELD_IFACE", "ens3")).Interfaces);
    }

    [Fact]
    public void From_EveryFlagOfFlanneld_IsTaken()
    {
        var options = Parse([
            "--etcd-endpoints=http://127.0.0.1:4001", "--etcd-prefix=/coreos.com/network", "--etcd-keyfile=k", "--etcd-certfile=c", "--etcd-cafile=a", "--etcd-username=u", "--etcd-password=p",
            "--iface=eth0", "--iface-regex=.", "--iface-can-reach=10.89.0.1", "--subnet-file=/s", "--public-ip=10.89.0.11", "--public-ipv6=fd00::1", "--subnet-lease-renew-margin=60", "--ip-masq",
            "--ip-masq-fully-random-disable", "--ip-blackhole-route", "--kube-subnet-mgr", "--kube-api-url=https://10.96.0.1", "--kube-annotation-prefix=example.com/flannel", "--kubeconfig-file=/k", "--healthz-ip=127.0.0.1",
            "--healthz-port=1", "--iptables-resync=7", "--iptables-forward-rules=false", "--net-config-path=/n", "--set-node-network-unavailable=false",
            "-logtostderr=true", "-alsologtostderr", "-log_dir=/l", "-vmodule=a=1", "-stderrthreshold=2", "-log_backtrace_at=:0", "-v=5"]);
        Assert.Equal((new Uri("https://10.96.0.1"), true, false, true, 5), (options.ApiUrl, options.IpMasq, options.RandomFully, options.BlackholeRoute, options.Verbosity));
        Assert.Equal((TimeSpan.FromSeconds(7), false, false, "example.com/flannel"), (options.Resync, options.ForwardRules, options.SetNodeNetworkUnavailable, options.AnnotationPrefix));
    }

    [Fact]
    public void From_Pod_TellsTheNodeWhereNothingElseDoes()
    {
        Assert.Equal(("kube-flannel", "ds-x"), Parse([], ("POD_NAME", "ds-x"), ("POD_NAMESPACE", "kube-flannel")).Pod);
        Assert.Null(Parse([], ("POD_NAME", "ds-x"), ("NODE_NAME", "node1")).Pod);
    }

    [Theory]
    [InlineData("example.com", "example.com/backend-type")]
    [InlineData("example.com/", "example.com/backend-type")]
    [InlineData("example.com/flannel", "example.com/flannel-backend-type")]
    [InlineData("example.com/flannel-", "example.com/flannel-backend-type")]
    public void AnnotationPrefix_IsJoinedAsFlannelDoes(string prefix, string name) => Assert.Equal(name, new Agent.State.FlannelAnnotations(prefix).BackendType);

    [Theory]
    [InlineData("--kube-annotation-prefix=a/b/c", "annotation prefix")]
    [InlineData("--kube-api-url=here", "--kube-api-url")]
    [InlineData("--subnet-lease-renew-margin=1440", "--subnet-lease-renew-margin")]
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
