using System.Text;
using System.Text.Json;

namespace Podwire.Cni.Tests;

public class MinimalJsonEncoderTests
{
    [Theory]
    [InlineData("plain é € 😀 + < > & '", "\"plain é € 😀 + < > & '\"")]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("\n\r\t\b\u001f", "\"\\n\\r\\t\\u0008\\u001f\"")]
    [InlineData("\u007f", "\"\u007f\"")]
    public void String_IsEscapedAsFarAsJsonAsksForIt(string text, string expected) => Assert.Equal(expected, Text.Of(CniJson.String(text)));

    [Fact]
    public void AnyText_ReadsBackTheSame()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var i = 0; i < 20_000; i++)
        {
            var builder = new StringBuilder();
            for (var n = random.Next(60); n > 0; n--)
            {
                builder.Append(random.Next(4) switch
                {
                    0 => ((char)random.Next(0x80)).ToString(),
                    1 => ((char)random.Next(0xd800)).ToString(),
                    2 => char.ConvertFromUtf32(random.Next(0x10000, 0x110000)),
                    _ => "\"\\\n a"[random.Next(5)].ToString(),
                });
            }

            var text = builder.ToString();
            using var document = JsonDocument.Parse(CniJson.String(text));
            Assert.True(text == document.RootElement.GetString(), $"seed {seed}, text {i}");
        }
    }

    [Fact]
    public void LoneSurrogate_BecomesTheReplacementCharacter()
    {
        using var document = JsonDocument.Parse(CniJson.String("a\ud800b"));
        Assert.Equal("a\ufffdb", document.RootElement.GetString());
    }

    [Fact]
    public void Utf8_ThatIsNone_IsReplaced()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, CniJson.WriterOptions))
        {
            writer.WriteStringValue([(byte)'a', 0xff, (byte)'b']);
        }

        using var document = JsonDocument.Parse(stream.ToArray());
        Assert.Equal("a\ufffdb", document.RootElement.GetString());
    }
}
