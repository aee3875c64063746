using Podwire.Netlink.IpSet;
using Podwire.Primitives;
using Podwire.Ruleset.IpSets;

namespace Podwire.Netlink.Tests.IpSet;

/// <summary>Counting sets' entries without listing them.</summary>
public class IpSetCountTests
{
    [Fact]
    public void Count_AfterAdditionsAndAFlush_IsWhatIsThere()
    {
        using var node = new Scratch();
        using var sets = IpSetSocket.Open(node.Namespace);
        Assert.Empty(sets.Count());
        var (one, two) = (new IpSetSpec("one", IpSetType.HashIp, IpFamily.V4), new IpSetSpec("two", IpSetType.HashNet, IpFamily.V6));
        sets.Create(one);
        sets.Create(two);
        var batch = new IpSetBatch();
        batch.Add(one, IpSetEntry.Of(IpAddress.Parse("10.0.0.1")));
        batch.Add(one, IpSetEntry.Of(IpAddress.Parse("10.0.0.2")));
        batch.Add(two, IpSetEntry.Of(IpPrefix.Parse("fd00::/64")));
        sets.Execute(batch);

        Assert.Equal([("one", 2u, 0u), ("two", 1u, 0u)], sets.Count().Order());

        sets.Flush("one");
        Assert.Equal([("one", 0u, 0u), ("two", 1u, 0u)], sets.Count().Order());
    }
}
