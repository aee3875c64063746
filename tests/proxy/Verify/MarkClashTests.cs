using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Verify;
using Podwire.Ruleset;

namespace Podwire.Proxy.Tests.Verify;

public sealed class MarkClashTests
{
    [Fact]
    public void Find_OthersWhoUseTheBit_AreNamed()
    {
        Assert.SkipUnless(Environment.UserName == "root", "lacks: root");
        var path = $"/run/netns/proxy-mark-{Environment.ProcessId}";
        using var ns = NetNamespace.Create(path);
        try
        {
            using var nft = NftSocket.Open(ns);
            nft.Apply(RulesetDiff.Between(null, Table("others", MetaSet.MarkOr(0x4000))));
            nft.Apply(RulesetDiff.Between(null, Table("harmless", MetaSet.MarkOr(0x8000))));
            nft.Apply(RulesetDiff.Between(null, Table(TableSchema.TableName, MetaSet.MarkOr(0x4000))));
            using var route = ns.Run(RouteSocket.Open);
            route.AddRule(new(IpFamily.V4, 100, 77) { Mark = 0x4000, MarkMask = 0x4000 });
            route.AddRule(new(IpFamily.V4, 101, 78) { Mark = 0x1, MarkMask = 0xff });

            Assert.Equal(["table ip others, chain marks", "ip rule 100"], MarkClash.Find(ns, 0x4000));
            Assert.Empty(MarkClash.Find(ns, 0x20000));
        }
        finally
        {
            NetNamespace.Delete(path);
        }
    }

    private static Table Table(string name, Statement statement) =>
        new() { Id = new(TableFamily.Ip, name), Chains = [Chain.Regular("marks", Rule.Of(statement))] };
}
