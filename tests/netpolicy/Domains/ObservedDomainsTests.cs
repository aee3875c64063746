using Podwire.NetPolicy.Domains;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Domains;

/// <summary>The addresses behind wildcards over time.</summary>
public sealed class ObservedDomainsTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Theory]
    [InlineData("www.example.com", "*.example.com,*.com")]
    [InlineData("a.b.example.com", "*.b.example.com,*.example.com,*.com")]
    [InlineData("example.com", "*.com")]
    [InlineData("wwwexample.com", "*.com")]
    [InlineData("com", "")]
    public void Match_Name_IsBehindEveryWildcardThatEndsIt(string name, string expected)
    {
        var observed = new ObservedDomains(TimeSpan.Zero);
        observed.Want(new HashSet<string> { "*.example.com", "*.b.example.com", "*.com", "*.org" });

        Assert.Equal(expected.Split(',', StringSplitOptions.RemoveEmptyEntries), observed.Match(name));
    }

    [Theory]
    [InlineData("*.example.com", true)]
    [InlineData("*.com", true)]
    [InlineData("*", false)]
    [InlineData("*.", false)]
    [InlineData("*example.com", false)]
    [InlineData("*.*.com", false)]
    [InlineData("*.a..com", false)]
    public void IsValid_Wildcard_IsAStarBeforeAName(string wildcard, bool isValid) => Assert.Equal(isValid, DomainWildcard.IsValid(wildcard));

    [Fact]
    public void Expire_AddressesOverTheirTimeAndGrace_GoUnlessTheyAreInUse()
    {
        var observed = Wanted(TimeSpan.FromSeconds(5), 10);
        Assert.True(observed.Take("*.test", [Address(1), Address(2)], TimeSpan.FromSeconds(10), Start, out _));
        Assert.False(observed.Take("*.test", [Address(1)], TimeSpan.FromSeconds(20), Start, out _));
        // A shorter time to live takes nothing back.
        Assert.False(observed.Take("*.test", [Address(1)], TimeSpan.FromSeconds(2), Start, out _));

        Assert.Empty(observed.Expire(Start.AddSeconds(14), Nobody, out var next));
        Assert.Equal(Start.AddSeconds(15), next);
        Assert.Empty(observed.Expire(Start.AddSeconds(15), over => over, out next));
        Assert.Equal(Start.AddSeconds(20), next);
        Assert.Equal(["*.test"], observed.Expire(Start.AddSeconds(20), Nobody, out next));
        Assert.Equal([Address(1)], observed.At("*.test"));
        Assert.Equal(Start.AddSeconds(25), next);
        Assert.Equal(["*.test"], observed.Expire(Start.AddSeconds(25), Nobody, out next));
        Assert.Null(next);
        Assert.Equal(0, observed.Count);
    }

    [Fact]
    public void Take_MoreThanTheLimit_DropsWhatWasAskedForTheLongestAgo()
    {
        var observed = Wanted(TimeSpan.Zero, 3);
        observed.Take("*.test", [Address(1), Address(2), Address(3)], TimeSpan.FromSeconds(10), Start, out var dropped);
        Assert.Equal(0, dropped);
        observed.Take("*.test", [Address(1)], TimeSpan.FromSeconds(10), Start, out _);

        Assert.True(observed.Take("*.test", [Address(4), Address(5)], TimeSpan.FromSeconds(10), Start, out dropped));

        Assert.Equal(2, dropped);
        Assert.Equal([Address(1), Address(4), Address(5)], observed.At("*.test"));
        Assert.Equal(3, observed.Count);
    }

    [Fact]
    public void Want_OtherWildcards_ForgetsWhatNobodyWants()
    {
        var observed = Wanted(TimeSpan.Zero, 3);
        observed.Take("*.test", [Address(1)], TimeSpan.FromSeconds(10), Start, out _);

        Assert.Equal(["*.test"], observed.Want(new HashSet<string> { "*.org" }));

        Assert.Equal(0, observed.Count);
        Assert.Empty(observed.Match("a.test"));
    }

    [Fact]
    public void File_WrittenAndReadWithDamage_GivesWhatCanBeRead()
    {
        var path = Path.Combine(Path.GetTempPath(), $"domains-{Guid.NewGuid():N}", "netpolicy.domains");
        var file = new DomainFile(path);
        Assert.Empty(file.Read());
        Assert.Null(file.Write([("*.test", Address(1), Start.AddSeconds(1)), ("*.test", IpAddress.Parse("fd00::1"), Start.AddSeconds(2))]));
        File.AppendAllText(path, "*.test 192.0.2.9\nnonsense 192.0.2.9 5\n*.test 192.0.2.9 99999999999999999\n*.test nothing 5\n");

        Assert.Equal([("*.test", Address(1), Start.AddSeconds(1)), ("*.test", IpAddress.Parse("fd00::1"), Start.AddSeconds(2))], file.Read());
        Assert.NotNull(new DomainFile("/proc/none/domains").Write([]));
        Assert.Null(new DomainFile(string.Empty).Write([]));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private static ObservedDomains Wanted(TimeSpan grace, int limit)
    {
        var observed = new ObservedDomains(grace, limit);
        observed.Want(new HashSet<string> { "*.test" });
        return observed;
    }

    private static HashSet<IpAddress> Nobody(HashSet<IpAddress> over) => [];

    private static IpAddress Address(int last) => IpAddress.Parse($"192.0.2.{last}");
}
