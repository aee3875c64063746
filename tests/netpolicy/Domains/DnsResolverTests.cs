using System.Net.Sockets;
using Podwire.NetPolicy.Domains;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Domains;

/// <summary>The resolver beside a small server on the loopback.</summary>
public sealed class DnsResolverTests : IDisposable
{
    private readonly DnsServer server = new();

    public void Dispose() => server.Dispose();

    [Fact]
    public async Task Resolve_BothFamilies_OverUdp()
    {
        server.Set("a.test", 60, "198.51.100.1", "2001:db8::1");

        Assert.Equal([IpAddress.Parse("198.51.100.1")], (await ResolveAsync("a.test", DnsType.A)).Addresses);
        Assert.Equal([IpAddress.Parse("2001:db8::1")], (await ResolveAsync("a.test", DnsType.Aaaa)).Addresses);
        Assert.Equal((2, 0), (server.Datagrams, server.Streams));
    }

    [Fact]
    public async Task Resolve_AnswerThatDoesNotFit_IsAskedForOverTcp()
    {
        server.IsShort = true;
        server.Set("many.test", 60, [.. Enumerable.Range(1, 200).Select(i => $"198.51.100.{i}")]);

        Assert.Equal(200, (await ResolveAsync("many.test", DnsType.A)).Addresses.Count);
        Assert.Equal((1, 1), (server.Datagrams, server.Streams));
    }

    [Fact]
    public async Task Resolve_Aliases_AreFollowed()
    {
        server.SetAlias("www.test", 300, "cdn.test");
        server.SetAlias("cdn.test", 10, "edge.test");
        server.Set("edge.test", 60, "198.51.100.9");

        var reply = await ResolveAsync("www.test", DnsType.A);

        Assert.Equal([IpAddress.Parse("198.51.100.9")], reply.Addresses);
        Assert.Equal(10u, reply.Ttl);
    }

    [Fact]
    public async Task Resolve_NameThatIsMissing_HasNoAddress()
    {
        var reply = await ResolveAsync("nobody.test", DnsType.A);

        Assert.Empty(reply.Addresses);
        Assert.Equal(7u, reply.Ttl);
    }

    [Fact]
    public async Task Resolve_SilentServer_NextOneIsAsked()
    {
        using var silent = new DnsServer { IsSilent = true };
        server.Set("a.test", 60, "198.51.100.1");
        var resolver = new DnsResolver([silent.Address, server.Address], static (family, type, protocol) => new Socket(family, type, protocol));

        Assert.Single((await resolver.ResolveAsync("a.test", DnsType.A, TestContext.Current.CancellationToken)).Addresses);
        Assert.Equal(1, silent.Datagrams);
    }

    [Theory]
    [InlineData("caf\u00e9.test", "is not a domain name", true)]
    [InlineData("a.test", "there is no resolver", false)]
    public async Task Resolve_NotPossible_SaysWhy(string name, string problem, bool hasServer)
    {
        var resolver = new DnsResolver(hasServer ? [server.Address] : [], static (family, type, protocol) => new Socket(family, type, protocol));

        var failure = await Assert.ThrowsAsync<DnsException>(() => resolver.ResolveAsync(name, DnsType.A, TestContext.Current.CancellationToken));
        Assert.Contains(problem, failure.Message);
    }

    [Theory]
    [InlineData("10.96.0.10", "10.96.0.10:53")]
    [InlineData("10.96.0.10:5353,[fd00::a]:53,fd00::b", "10.96.0.10:5353 [fd00::a]:53 [fd00::b]:53")]
    public void Servers_AreReadWithAndWithoutPorts(string text, string expected) => Assert.Equal(expected, string.Join(' ', DnsServers.Parse(text)));

    [Theory]
    [InlineData("dns.example")]
    [InlineData("10.0.0.1:")]
    [InlineData("")]
    public void Servers_ThatAreNone_AreRefused(string text) => Assert.Throws<FormatException>(() => DnsServers.Parse(text));

    private Task<DnsReply> ResolveAsync(string name, DnsType type) =>
        new DnsResolver([server.Address], static (family, kind, protocol) => new Socket(family, kind, protocol)).ResolveAsync(name, type, TestContext.Current.CancellationToken);
}
