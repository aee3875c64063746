using Podwire.NetPolicy.Domains;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Domains;

/// <summary>Which addresses of a name count, and when it is asked for again.</summary>
public sealed class DomainAddressesTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private static readonly IpAddress One = IpAddress.Parse("198.51.100.1");
    private static readonly IpAddress Two = IpAddress.Parse("198.51.100.2");
    private readonly DomainAddresses addresses = new(TimeSpan.FromSeconds(5));

    [Fact]
    public void Name_WithOtherAddressesInEachAnswer_KeepsEachForItsTimeAndTheGrace()
    {
        addresses.Take([new([One], 10, null), new([], 30, null)], Start);
        Assert.Equal(Start.AddSeconds(10), addresses.Due);
        addresses.Take([new([Two], 10, null)], Start.AddSeconds(10));

        Assert.Equal([One, Two], addresses.At(Start.AddSeconds(14.9)));
        Assert.Equal([Two], addresses.At(Start.AddSeconds(15)));
        Assert.Empty(addresses.At(Start.AddSeconds(25)));
    }

    [Theory]
    [InlineData(0u, 1)]
    [InlineData(1u, 1)]
    [InlineData(60u, 60)]
    [InlineData(int.MaxValue, 3600)]
    public void Ttl_TooShortOrTooLong_IsBounded(uint ttl, int seconds)
    {
        addresses.Take([new([One], ttl, null)], Start);

        Assert.Equal(Start.AddSeconds(seconds), addresses.Due);
    }

    [Fact]
    public void Resolver_ThatDoesNotAnswer_LeavesWhatIsKnown()
    {
        addresses.Take([new([One], 10, null)], Start);
        addresses.Fail("silence", Start.AddSeconds(10));

        Assert.Equal([One], addresses.At(Start.AddHours(1)));
        Assert.Equal(Start.AddSeconds(15), addresses.Due);
        addresses.Take([new([Two], 10, null)], Start.AddHours(1));
        Assert.Equal([Two], addresses.At(Start.AddHours(1)));
    }
}
