using Podwire.Primitives;

namespace Podwire.Ruleset.Tests;

public class ValueTests
{
    [Fact]
    public void NftData_Concatenation_PadsEveryField()
    {
        var key = NftData.Of(IpAddress.Parse("10.96.0.2"), IpProtocol.Tcp, NftScalar.Port(80), NftScalar.Integer(3));
        Assert.Equal("0a600002" + "06000000" + "00500000" + (BitConverter.IsLittleEndian ? "03000000" : "00000003"), key.ToString());
    }

    [Fact]
    public void NftData_SingleField_KeepsItsLength()
    {
        Assert.Equal("0050", NftData.Of(NftScalar.Port(80)).ToString());
        Assert.Equal(16, NftData.Of(NftScalar.Address(IpAddress.Parse("fd00::1"))).Length);
    }

    [Theory]
    [InlineData("00ff", "0100")]
    [InlineData("0a000000", "0a000001")]
    public void NftData_Steps_CarryLikeABigEndianNumber(string value, string next)
    {
        Assert.True(NftData.FromBytes(Convert.FromHexString(value)).TryIncrement(out var up));
        Assert.Equal(next, up.ToString());
        Assert.True(up.TryDecrement(out var down));
        Assert.Equal(value, down.ToString());
    }

    [Fact]
    public void NftData_Steps_StopAtTheEnds()
    {
        Assert.False(NftData.FromBytes([0xff, 0xff]).TryIncrement(out _));
        Assert.False(NftData.FromBytes([0, 0]).TryDecrement(out _));
    }

    [Fact]
    public void NftData_TooLong_IsRefused()
    {
        var address = NftScalar.Address(IpAddress.Parse("fd00::1"));
        Assert.Throws<ArgumentOutOfRangeException>(() => NftData.Of(address, address, address, address, address));
    }

    [Fact]
    public void InterfaceName_TooLong_IsRefused() => Assert.Throws<ArgumentException>(() => NftScalar.InterfaceName("0123456789abcdef"));

    [Fact]
    public void Table_OrderOfParts_DoesNotMatter()
    {
        var table = SampleTables.ProxyTable();
        Assert.Equal(table, table with { Chains = ValueList.From(table.Chains.Reverse()), Sets = ValueList.From(table.Sets.Reverse()) });
        Assert.Equal(table.GetHashCode(), SampleTables.ProxyTable().GetHashCode());
    }

    [Fact]
    public void Table_TwoChainsOfOneName_AreRefused() =>
        Assert.Throws<ArgumentException>(() => new Table { Id = SampleTables.Proxy, Chains = [Chain.Regular("a"), Chain.Regular("a")] });

    [Fact]
    public void Rule_CountersAndHandles_AreNotPartOfEquality()
    {
        Assert.Equal(Rule.Of(new Counter(1, 2)), Rule.Of(new Counter(3, 4)) with { Handle = 9 });
        var element = SetElement.Of(NftScalar.Port(1));
        Assert.Equal(element, element with { Counter = new ElementCounter(1, 2) });
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\"b")]
    [InlineData("a\nb")]
    public void Comment_ThatNftCouldNotPrint_IsRefused(string comment) => Assert.Throws<ArgumentException>(() => SetElement.Of(NftScalar.Port(1), comment));
}
