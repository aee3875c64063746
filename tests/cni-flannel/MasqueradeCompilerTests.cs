using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniFlannel.Tests;

public class MasqueradeCompilerTests
{
    [Fact]
    public void Compile_RulesStandInFlannelsOrder()
    {
        var table = MasqueradeCompiler.Compile(Snapshots.Of(new BackendConf { Type = BackendType.Vxlan }), IpFamily.V4, masquerade: true, randomly: true, forward: true)!;
        Assert.Equal(
            """
            table ip flannel-ipv4 {
            	chain forward {
            		type filter hook forward priority filter; policy accept;
            		ip saddr 10.244.0.0/16 accept
            		ip daddr 10.244.0.0/16 accept
            	}

            	chain postrtg {
            		type nat hook postrouting priority srcnat; policy accept;
            		meta mark & 0x00004000 == 0x00004000 return
            		ip saddr 10.244.1.0/24 ip daddr 10.244.0.0/16 return
            		ip saddr 10.244.0.0/16 ip daddr 10.244.1.0/24 return
            		ip saddr != 10.244.0.0/16 ip daddr 10.244.1.0/24 return
            		ip saddr 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random
            		ip saddr != 10.244.0.0/16 ip daddr 10.244.0.0/16 masquerade fully-random
            	}
            }

            """,
            NftText.Write(table));
    }

    [Fact]
    public void Compile_BothOff_IsNoTable() =>
        Assert.Null(MasqueradeCompiler.Compile(Snapshots.Of(new BackendConf { Type = BackendType.Vxlan }), IpFamily.V4, masquerade: false, randomly: true, forward: false));
}
