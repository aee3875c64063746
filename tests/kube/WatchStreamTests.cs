using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Kube.Tests;

public class WatchStreamTests
{
    private const string Lines =
        """{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"},"data":{"k":"é}\n{\""}}}""" + "\n\r\n" +
        """{"object":{"metadata":{"name":"b","resourceVersion":"2"}},"more":[{"type":"x"}],"type":"MODIFIED"}""" + "\r\n" +
        """{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"3"}}}""" + "\n" +
        """{"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"4"}}}""";

    [Fact]
    public void Events_AreTheSame_HoweverTheStreamIsCut()
    {
        Prop.ForAll(Gen.ListOf(Gen.Choose(1, 40)).ToArbitrary(), sizes =>
            ReadAsync(Encoding.UTF8.GetBytes(Lines), sizes).GetAwaiter().GetResult()
                .SequenceEqual(["Added a 1 é}\n{\"", "Modified b 2 ", "Bookmark  3 ", "Deleted a 4 "])).Holds();
    }

    [Fact]
    public void DamagedStream_IsAJsonException_OrTheServersError()
    {
        var bytes = Encoding.UTF8.GetBytes(Lines);
        var damage = Gen.Choose(0, bytes.Length - 1).Zip(Gen.Choose(0, 255));
        Prop.ForAll(Gen.ListOf(damage).ToArbitrary(), edits =>
        {
            var copy = bytes.ToArray();
            foreach (var (at, value) in edits)
            {
                copy[at] = (byte)value;
            }

            try
            {
                ReadAsync(copy, [64]).GetAwaiter().GetResult();
                return true;
            }
            catch (Exception e) when (e is JsonException or KubeApiException)
            {
                return true;
            }
        }).Holds();
    }

    [Fact]
    public async Task EndlessLine_IsRefused()
    {
        var fault = await Assert.ThrowsAsync<JsonException>(() => ReadAsync(new byte[20 << 20], [1 << 20]));
        Assert.Contains("longer than", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_EndsAfterTheIdleTime_NotBefore()
    {
        var time = new ManualTime();
        var pipe = new System.IO.Pipelines.Pipe();
        await using var watch = new WatchStream<ConfigMap>(pipe.Reader.AsStream(), KubeJson.TypeInfo<ConfigMap>(), time, TimeSpan.FromMinutes(3));
        var first = watch.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        await time.PendingAsync(1);
        time.Advance(TimeSpan.FromMinutes(2));
        await pipe.Writer.WriteAsync("""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"3"}}}"""u8.ToArray().Append((byte)'\n').ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("3", (await first)!.Object.Metadata.ResourceVersion);
        var second = watch.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        await time.PendingAsync(1);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(second.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<WatchIdleException>(() => second);
    }

    private static async Task<List<string>> ReadAsync(byte[] bytes, IReadOnlyList<int> sizes)
    {
        await using var watch = new WatchStream<ConfigMap>(new PieceStream(bytes, sizes), KubeJson.TypeInfo<ConfigMap>(), TimeProvider.System, null);
        var events = new List<string>();
        while (await watch.ReadAsync(CancellationToken.None) is { } next)
        {
            events.Add($"{next.Type} {next.Object.Metadata.Name} {next.Object.Metadata.ResourceVersion} {next.Object.Data.GetValueOrDefault("k")}");
        }

        return events;
    }

    /// <summary>Gives its bytes in pieces of the given sizes, over and over.</summary>
    private sealed class PieceStream(byte[] bytes, IReadOnlyList<int> sizes) : MemoryStream(bytes)
    {
        private int piece;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var size = sizes.Count == 0 ? 1 : sizes[piece++ % sizes.Count];
            return base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
        }
    }
}
