using Podwire.Netlink.Route;

namespace Podwire.CniBridge.Tests;

public class BridgeDelTests
{
    [Fact]
    public void Del_RemovesLinkAndLeaseAndCanBeRepeated()
    {
        using var node = new Node();
        node.Add("c1", node.Config()).Succeeds();
        Assert.Empty(node.Del("c1", node.Config()).Succeeds().Stdout);
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
        Assert.Null(node.In("c1", s => s.GetLink("eth0")));
        node.Del("c1", node.Config()).Succeeds();
        node.Run("bridge", "DEL", node.Config(), "c1", netNs: string.Empty).Succeeds();
    }

    [Fact]
    public void Del_NeverAdded_MakesNothing()
    {
        using var node = new Node();
        node.Container("c1");
        node.Del("c1", node.Config()).Succeeds();
        node.IsUntouched();
        Assert.False(Directory.Exists(node.LeaseFolder));
    }

    [Fact]
    public void Del_NamespaceIsGone_FreesTheLeaseAndTheLink()
    {
        using var node = new Node();
        node.Add("c1", node.Config()).Succeeds();

        // A process in the container keeps its links alive though the namespace's file is gone.
        using var holder = Podwire.Netlink.Namespaces.NetNamespace.Open(node.PathOf("c1"));
        node.RemoveContainer("c1");
        Assert.Single(node.Veths());
        node.Del("c1", node.Config()).Succeeds();
        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
    }

    [Fact]
    public void Del_AnotherOwnersLinkUnderOurName_IsNotRemoved()
    {
        using var node = new Node();
        node.Add("c1", node.Config()).Succeeds();
        var name = node.Veths().Single();
        node.Route.SetLink(name, new LinkChange { Alias = "podwire:net/other/eth0" });
        node.Del("c1", node.Config()).Fails(103);
        Assert.Single(node.Veths());
        Assert.Empty(node.Leases());
    }

    [Fact]
    public void AddAndDel_ManyAtOnce_NoAddressTwiceAndNothingLeft()
    {
        using var node = new Node();
        var config = node.Config(ipam: node.Ipam("\"subnet\":\"10.77.0.0/24\""));
        var names = Enumerable.Range(0, 96).Select(n => $"c{n}").ToList();
        names.ForEach(n => node.Container(n));
        var answers = names.AsParallel().WithDegreeOfParallelism(32).Select(n => node.Run("bridge", "ADD", config, n)).ToList();
        Assert.Equal(96, answers.Select(a => a.Succeeds().Ip).Distinct().Count());
        Assert.Equal(96, node.Veths().Length);
        Assert.Equal(96, node.Leases().Length);
        foreach (var answer in names.AsParallel().WithDegreeOfParallelism(32).Select(n => node.Run("bridge", "DEL", config, n)).ToList())
        {
            answer.Succeeds();
        }

        Assert.Empty(node.Veths());
        Assert.Empty(node.Leases());
    }
}
