using Podwire.Netlink.Nftables;
using Podwire.Ruleset;
using Podwire.Ruleset.Tests;

namespace Podwire.Netlink.Tests.Nftables;

/// <summary>Looking at a little of a table, against reading all of it.</summary>
public class NftProbeTests
{
    private static readonly TableId Id = SampleTables.Proxy;

    [Fact]
    public void HasChainAndCountRules_AgreeWithTheTable()
    {
        using var kernel = new NftScratch();
        Assert.False(kernel.Nft.HasChain(Id, "services"));
        Assert.Empty(kernel.Nft.CountRules(Id));
        kernel.Reach(SampleTables.ProxyTable());
        Assert.True(kernel.Nft.HasChain(Id, "services"));
        Assert.False(kernel.Nft.HasChain(Id, "no-such-chain"));
        Assert.False(kernel.Nft.HasChain(Id with { Name = "no-such-table" }, "services"));
        var expected = SampleTables.ProxyTable().Chains.Where(c => c.Rules.Count > 0).ToDictionary(c => c.Name, c => c.Rules.Count);
        Assert.Equal(expected, kernel.Nft.CountRules(Id).ToDictionary());
    }

    [Fact]
    public void FindElements_GivesWhatIsChosenOfAllOfThem()
    {
        using var kernel = new NftScratch();
        kernel.Reach(SampleTables.ProxyTable());
        foreach (var set in SampleTables.ProxyTable().Sets.Where(s => !s.IsInterval))
        {
            var all = kernel.Nft.ReadElements(Id, set);
            Assert.Equal(all, ValueList.From(kernel.Nft.FindElements(Id, set, static (_, _, _) => true)).Sorted(SetElement.ByKey));
            Assert.Empty(kernel.Nft.FindElements(Id, set, static (_, _, _) => false));
            foreach (var element in all)
            {
                var found = Assert.Single(kernel.Nft.FindElements(Id, set, (key, data, comment) =>
                    key.SequenceEqual(element.Key.Span) && data.SequenceEqual(element.Data.Span) && System.Text.Encoding.UTF8.GetString(comment) == (element.Comment ?? string.Empty)));
                Assert.Equal(element, found);
            }
        }

        Assert.Empty(kernel.Nft.FindElements(Id, new NftSet { Name = "no-such-set", Key = [NftType.Mark] }, static (_, _, _) => true));
    }

    [Fact]
    public void GetElement_GivesTheOneOfTheKey()
    {
        using var kernel = new NftScratch();
        kernel.Reach(SampleTables.ProxyTable());
        foreach (var set in SampleTables.ProxyTable().Sets.Where(s => !s.IsInterval))
        {
            foreach (var element in kernel.Nft.ReadElements(Id, set))
            {
                Assert.Equal(element, kernel.Nft.GetElement(Id, set, element.Key));
            }

            Assert.Null(kernel.Nft.GetElement(Id, set, NftData.FromBytes(Enumerable.Repeat((byte)0xee, set.KeyLength).ToArray())));
        }

        Assert.Null(kernel.Nft.GetElement(Id, new NftSet { Name = "no-such-set", Key = [NftType.Mark] }, NftScalar.Mark(1)));
    }

    [Fact]
    public void ElementSearch_DamagedMessages_FailOnlyAsNetlinkDoes()
    {
        var random = new Random(6);
        Span<byte> message = stackalloc byte[120];
        for (var i = 0; i < 20_000; i++)
        {
            // Attributes with plausible types and lengths, and then anything.
            random.NextBytes(message);
            message[0] = (byte)random.Next(0, 121);
            (message[1], message[2], message[3]) = (0, 3, 0x80);
            message[4] = (byte)random.Next(0, 117);
            (message[5], message[6], message[7]) = (0, 1, 0x80);
            message[8] = (byte)random.Next(0, 60);
            (message[9], message[10], message[11]) = (0, (byte)random.Next(1, 12), (byte)(random.Next(2) * 0x80));
            var search = new ElementSearch(static (_, _, _) => true, new ReadPool());
            try
            {
                search.Read(new AttributeReader(message), []);
                search.HasRepeatedKey();
            }
            catch (NetlinkProtocolException)
            {
                // The one that may come out.
            }
        }
    }
}
