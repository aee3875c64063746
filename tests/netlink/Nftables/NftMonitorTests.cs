using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;
using Podwire.Ruleset.Tests;

namespace Podwire.Netlink.Tests.Nftables;

public class NftMonitorTests
{
    [Fact]
    public void Change_ByOurselves_CarriesOurPort()
    {
        using var kernel = new NftScratch();
        using var monitor = NftMonitor.Open(kernel.Node.Namespace);
        kernel.Reach(SampleTables.ProxyTable());
        var change = Next(monitor);
        Assert.Equal(kernel.Nft.PortId, change.PortId);
        Assert.Equal([SampleTables.Proxy], change.Tables);
        Assert.Equal(kernel.Nft.GetGeneration(), change.Generation);
        Assert.False(monitor.TryRead(out _));
    }

    [Fact]
    public void Change_ByNft_NamesTheTableAndTheProgram()
    {
        using var kernel = new NftScratch();
        kernel.Reach(SampleTables.ProxyTable());
        kernel.Reach(SampleTables.PolicyTable());
        using var monitor = NftMonitor.Open(kernel.Node.Namespace);
        kernel.Run("delete", "element", "ip", "podwire-proxy", "hairpin", "{ 10.244.0.17 . 10.244.0.17 }");
        var change = Next(monitor);
        Assert.NotEqual(kernel.Nft.PortId, change.PortId);
        Assert.Equal("nft", change.ThreadName);
        Assert.Equal([SampleTables.Proxy], change.Tables);
        kernel.Run("flush", "ruleset");
        Assert.Equal(2, Next(monitor).Tables.Count);
    }

    [Fact]
    public void Changes_MoreThanTheSocketHolds_AreReportedAsLost()
    {
        using var kernel = new NftScratch();
        using var monitor = NftMonitor.Open(kernel.Node.Namespace);
        kernel.Reach(SampleTables.ProxyTable());
        var set = SampleTables.ProxyTable().FindSet("hairpin")!;
        var elements = Enumerable.Range(0, 60_000).Select(i => SetElement.Of(NftData.Of(IpAddress.FromV4((uint)i), IpAddress.FromV4(1)))).ToArray();
        kernel.Nft.Apply(new NftBatch().AddElements(SampleTables.Proxy, set, elements));
        var e = Assert.Throws<SyscallException>(() =>
        {
            while (monitor.TryRead(out _))
            {
            }
        });
        Assert.Equal(Errno.ENOBUFS, e.Errno);
    }

    [Fact]
    public void Wait_Cancelled_ReturnsFalse()
    {
        using var kernel = new NftScratch();
        using var monitor = NftMonitor.Open(kernel.Node.Namespace);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.False(monitor.Wait(Timeout.InfiniteTimeSpan, stop.Token));
    }

    private static NftChange Next(NftMonitor monitor)
    {
        Assert.True(monitor.Wait(TimeSpan.FromSeconds(5)));
        Assert.True(monitor.TryRead(out var change));
        return change;
    }
}
