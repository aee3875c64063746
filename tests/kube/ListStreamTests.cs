using System.Text;
using System.Text.Json;
using Podwire.Kube.Objects;
using Xunit;

namespace Podwire.Kube.Tests;

public sealed class ListStreamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    public async Task List_InPiecesOfAnySize_IsReadWhole(int piece)
    {
        // The longest item is many times as long as those before it, so that it is taken for whole when it is not.
        var text = List(Enumerable.Range(0, 300).Select(i => Item(i, i == 200 ? 300_000 : i % 40)));

        var list = await ReadAsync(text, piece);

        Assert.Equal("77", list.Metadata.ResourceVersion);
        Assert.Equal("more", list.Metadata.Continue);
        Assert.Equal(Enumerable.Range(0, 300).Select(static i => ($"map-{i}", i == 200 ? 300_000 : i % 40)), list.Items.Select(static map => (map.Metadata.Name, map.Data["fill"].Length)));
    }

    [Fact]
    public async Task List_OfNullOrNoItems_IsEmpty()
    {
        Assert.Empty((await ReadAsync("""{"items":null,"metadata":{"resourceVersion":"1"}}""", 10)).Items);
        Assert.Empty((await ReadAsync("""{"metadata":{"resourceVersion":"1"}}""", 10)).Items);
        Assert.Empty((await ReadAsync("""{"items":[],"metadata":{"resourceVersion":"1"}} """, 10)).Items);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"items":[1]}""")]
    [InlineData("""{"items":[{"metadata":{"name":"a"}}]""")]
    [InlineData("""{"items":[{"metadata":{"name":"a"}""")]
    [InlineData("""{"items":[{"metadata":}]}""")]
    [InlineData("""{"items":[]} {}""")]
    public async Task List_ThatIsNone_IsRefused(string text) => await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(text, 3));

    [Fact]
    public async Task List_CutAnywhere_IsRefused()
    {
        var text = List(Enumerable.Range(0, 3).Select(static i => Item(i, 5)));
        for (var length = 0; length < text.Length; length++)
        {
            await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(text[..length], 1 << 20));
        }
    }

    [Fact]
    public async Task List_WithAnyByteChanged_IsReadOrRefused()
    {
        var bytes = Encoding.UTF8.GetBytes(List(Enumerable.Range(0, 4).Select(static i => Item(i, 5))));
        var random = new Random(4);
        for (var turn = 0; turn < 3000; turn++)
        {
            var changed = bytes.ToArray();
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
            try
            {
                await ReadAsync(changed, 1 + random.Next(200));
            }
            catch (JsonException)
            {
                // Refused.
            }
        }
    }

    private static string List(IEnumerable<string> items) => $$"""{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"77","continue":"more"},"other":{"items":[1,{"a":[]}]},"items":[{{string.Join(",\n ", items)}}]}""";

    private static string Item(int i, int fill) => $$$"""{"metadata":{"name":"map-{{{i}}}","labels":{"a":"}]"}},"data":{"fill":"{{{new string('x', fill)}}}"}}""";

    private static Task<KubeList<ConfigMap>> ReadAsync(string text, int piece) => ReadAsync(Encoding.UTF8.GetBytes(text), piece);

    private static Task<KubeList<ConfigMap>> ReadAsync(byte[] bytes, int piece) => new ListStream<ConfigMap>(ReadItem).ReadAsync(new Pieces(bytes, piece), TestContext.Current.CancellationToken);

    /// <summary>As readers by hand do, it takes the end of what is there for the end of the object.</summary>
    private static ConfigMap ReadItem(ref Utf8JsonReader json)
    {
        var map = new ConfigMap();
        var depth = json.CurrentDepth;
        string? property = null;
        while (json.Read() && !(json.TokenType == JsonTokenType.EndObject && json.CurrentDepth == depth))
        {
            if (json.TokenType == JsonTokenType.PropertyName)
            {
                property = json.GetString();
            }
            else if (json.TokenType == JsonTokenType.String && property == "name")
            {
                map.Metadata.Name = json.GetString()!;
            }
            else if (json.TokenType == JsonTokenType.String && property == "fill")
            {
                map.Data["fill"] = json.GetString()!;
            }
        }

        return map;
    }

    private sealed class Pieces(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
