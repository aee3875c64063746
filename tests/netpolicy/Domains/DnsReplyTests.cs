using Podwire.Fuzz;
using Podwire.NetPolicy.Domains;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Domains;

/// <summary>DNS messages, byte by byte.</summary>
public sealed class DnsReplyTests
{
    // The answer of a resolver to www.example.test: an alias to cdn.example.test (300 s), which has two addresses (60 s and 20 s), with pointers.
    private static readonly byte[] Aliased = Convert.FromHexString(
        "1234818000010003000000000377777707" + "6578616D706C65" + "0474657374" + "0000010001"
        + "C00C00050001" + "0000012C" + "0006" + "0363646EC010"
        + "C02E00010001" + "0000003C" + "0004" + "C6336407"
        + "C02E00010001" + "00000014" + "0004" + "C6336408");

    [Fact]
    public void Question_IsWhatResolversExpect()
    {
        var bytes = new byte[512];
        var length = DnsReply.WriteQuestion(0x1234, "a.test", DnsType.Aaaa, bytes);

        Assert.Equal("12340100000100000000000101610474657374" + "00001C0001" + "00002904D0000000000000", Convert.ToHexString(bytes, 0, length));
    }

    [Fact]
    public void Read_AliasWithAddresses_GivesThemWithTheLeastTtl()
    {
        var reply = DnsReply.Read(Aliased, "www.example.test", DnsType.A);

        Assert.Equal([IpAddress.Parse("198.51.100.7"), IpAddress.Parse("198.51.100.8")], reply.Addresses);
        Assert.Equal((20u, null), (reply.Ttl, reply.Alias));
    }

    [Fact]
    public void Read_LettersOfAnyCase_AreTheSameName()
    {
        var bytes = (byte[])Aliased.Clone();
        bytes[13] = (byte)'W';

        Assert.Equal(2, DnsReply.Read(bytes, "www.example.test", DnsType.A).Addresses.Count);
    }

    [Fact]
    public void Read_AliasOutOfTheMessage_IsToBeAskedForNext()
    {
        byte[] bytes = [.. Aliased[..^32]];
        bytes[7] = 1;

        Assert.Equal("cdn.example.test", DnsReply.Read(bytes, "www.example.test", DnsType.A).Alias);
    }

    [Fact]
    public void Read_AliasesInACircle_AreRefused()
    {
        byte[] bytes = [.. Aliased[..^32]];
        bytes[7] = 1;
        (bytes[^6], bytes[^5], bytes[^4], bytes[^3], bytes[^2], bytes[^1]) = (3, (byte)'w', (byte)'w', (byte)'w', 0xC0, 0x10);

        Assert.Contains("aliases", Assert.Throws<DnsFormatException>(() => DnsReply.Read(bytes, "www.example.test", DnsType.A)).Message);
    }

    [Fact]
    public void Read_NameThatIsMissing_HoldsAsLongAsTheZoneSays()
    {
        using var server = new DnsServer();
        var question = new byte[512];
        var length = DnsReply.WriteQuestion(1, "nobody.test", DnsType.A, question);

        var reply = DnsReply.Read(server.Answer(question.AsSpan(0, length)), "nobody.test", DnsType.A);

        Assert.Empty(reply.Addresses);
        Assert.Equal(7u, reply.Ttl);
    }

    [Theory]
    [InlineData(2, 0x1234u, "code 2")]
    [InlineData(5, 0x1234u, "code 5")]
    public void Read_ResolverThatCouldNotFindOut_IsNoAnswer(byte code, uint id, string text)
    {
        var bytes = (byte[])Aliased.Clone();
        bytes[3] = (byte)(0x80 | code);

        Assert.True(DnsReply.IsAnswerTo(bytes, (ushort)id));
        Assert.Contains(text, Assert.Throws<DnsFormatException>(() => DnsReply.Read(bytes, "www.example.test", DnsType.A)).Message);
    }

    [Theory]
    [InlineData("C00C", "a pointer that does not lead back")]
    [InlineData("C0FF", "a pointer that does not lead back")]
    [InlineData("4141", "a label of an unknown kind")]
    [InlineData("3F41", "a label that does not end")]
    [InlineData("01", "a label that does not end")]
    [InlineData("0141", "a name that does not end")]
    public void Name_Malformed_IsRefused(string name, string problem)
    {
        byte[] bytes = [.. new byte[12], .. Convert.FromHexString(name)];
        var at = 12;

        Assert.Contains(problem, Assert.Throws<DnsFormatException>(() => DnsName.Read(bytes, ref at)).Message);
    }

    [Fact]
    public void Name_OfMoreThan255BytesByPointers_IsRefused()
    {
        // Five labels of 63 bytes, each name ending in a pointer to the one before.
        var bytes = new List<byte>();
        var offset = 0;
        for (var i = 0; i < 5; i++)
        {
            var before = offset;
            offset = bytes.Count;
            bytes.AddRange([63, .. new byte[63].Select(_ => (byte)'a')]);
            bytes.AddRange(i == 0 ? [0] : [0xC0, (byte)before]);
        }

        var at = offset;
        Assert.Contains("more than 255 bytes", Assert.Throws<DnsFormatException>(() => DnsName.Read([.. bytes], ref at)).Message);
    }

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("", false)]
    [InlineData("a..b", false)]
    [InlineData("b\u00fccher.example", false)]
    public void Name_ThatCanBeAskedFor_IsTold(string name, bool isValid) => Assert.Equal(isValid, DnsName.IsValid(name));

    [Fact]
    [Trait("fuzz", "yes")]
    public void Read_Anything_EndsAndRefusesByOffset() => Fuzzer.Run(
        "dns reply",
        [Aliased, Missing()],
        bytes =>
        {
            DnsReply.IsTruncated(bytes);
            DnsReply.Read(bytes, "www.example.test", DnsType.A);
        },
        static e => e is DnsFormatException);

    private static byte[] Missing()
    {
        using var server = new DnsServer();
        var question = new byte[512];
        return server.Answer(question.AsSpan(0, DnsReply.WriteQuestion(1, "www.example.test", DnsType.A, question)));
    }
}
