using System.Text;
using Podwire.Kubelet.Logs;

namespace Podwire.Kubelet.Tests.Logs;

public sealed class CriLogTests : IDisposable
{
    private readonly ScratchDirectory scratch = new();
    private readonly FakeClock clock = new();

    private string Path => scratch.At("0.log");

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void Writer_WholeLine_HasTimeStreamAndTag()
    {
        using (var writer = new CriLogWriter(Path, 1 << 20, 5, clock))
        {
            writer.Open("stdout").Write("hello\n"u8);
        }

        Assert.Equal("2026-01-02T03:04:05.000000000Z stdout F hello\n", File.ReadAllText(Path));
    }

    [Fact]
    public void Writer_LineInPieces_IsJoined()
    {
        using (var writer = new CriLogWriter(Path, 1 << 20, 5, clock))
        {
            var stream = writer.Open("stderr");
            stream.Write("he"u8);
            stream.Write("llo\n\nx"u8);
            stream.End();
        }

        Assert.Equal(["stderr F hello", "stderr F ", "stderr P x"], File.ReadAllLines(Path).Select(line => line[31..]));
    }

    [Theory]
    [InlineData(CriLogWriter.LongestPiece - 1, 0)]
    [InlineData(CriLogWriter.LongestPiece, 1)]
    [InlineData((CriLogWriter.LongestPiece * 2) + 3, 2)]
    public async Task Writer_LongLine_IsCutAndReadBackWhole(int length, int pieces)
    {
        var text = new string('y', length);
        using (var writer = new CriLogWriter(Path, 1 << 30, 5, clock))
        {
            writer.Open("stdout").Write(Encoding.UTF8.GetBytes(text + "\n"));
        }

        Assert.Equal(pieces, File.ReadAllLines(Path).Count(line => line.Contains(" P ", StringComparison.Ordinal)));
        Assert.Equal(text + "\n", await ReadAsync(new()));
    }

    [Fact]
    public void Writer_BeyondItsSize_RotatesAndKeepsSoManyFiles()
    {
        using (var writer = new CriLogWriter(Path, 100, 3, clock))
        {
            var stream = writer.Open("stdout");
            for (var i = 0; i < 10; i++)
            {
                stream.Write(Encoding.UTF8.GetBytes($"line {i} {new string('z', 40)}\n"));
                clock.Advance(TimeSpan.FromSeconds(i % 3));
            }
        }

        Assert.Equal(2, CriLogFiles.Rotated(Path).Count);
        Assert.Equal(["line 7", "line 8", "line 9"], CriLogFiles.Rotated(Path).Append(Path).SelectMany(File.ReadAllLines).Select(line => line[40..46]));
    }

    [Theory]
    [InlineData("2026-01-02T03:04:05Z stdout F x", true)]
    [InlineData("2026-01-02T03:04:05Z stderr P ", true)]
    [InlineData("2026-01-02T03:04:05Z stdout F:tag x", true)]
    [InlineData("2026-01-02T03:04:05Z stdout X x", false)]
    [InlineData("2026-01-02T03:04:05Z nowhere F x", false)]
    [InlineData("2026-01-02T03:04:05Z stdout F", false)]
    [InlineData("2026-01-02T03:04", false)]
    [InlineData("", false)]
    public void Line_OnlyTheFormat_IsRead(string text, bool valid) => Assert.Equal(valid, CriLogLine.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData(null, "a1 a2 a3 b1 b2 c1 ")]
    [InlineData(0L, "")]
    [InlineData(1L, "c1 ")]
    [InlineData(2L, "b2 c1 ")]
    [InlineData(3L, "b1 b2 c1 ")]
    [InlineData(4L, "a3 b1 b2 c1 ")]
    [InlineData(6L, "a1 a2 a3 b1 b2 c1 ")]
    [InlineData(99L, "a1 a2 a3 b1 b2 c1 ")]
    public async Task Reader_LastLines_CountAcrossRotatedFiles(long? tail, string expected)
    {
        Put(Path + ".20260101-000000", "a1", "a2", "a3");
        Put(Path + ".20260102-000000", "b1", "b2");
        Put(Path, "c1");
        Assert.Equal(expected, (await ReadAsync(new() { TailLines = tail })).ReplaceLineEndings(" "));
    }

    [Fact]
    public async Task Reader_Since_SkipsEarlier()
    {
        File.WriteAllText(Path, "2026-01-02T03:04:05Z stdout F early\n2026-01-02T03:04:06.5Z stdout F late\n");
        Assert.Equal("late\n", await ReadAsync(new() { Since = new DateTimeOffset(2026, 1, 2, 3, 4, 6, TimeSpan.Zero) }));
    }

    [Fact]
    public async Task Reader_TimestampsAndLimit_AreKept()
    {
        Put(Path, "first", "second");
        Assert.Equal("2026-01-02T03:04:05Z first\n2026-01-02T03:04:05Z second\n", await ReadAsync(new() { Timestamps = true }));
        Assert.Equal("first\nse", await ReadAsync(new() { LimitBytes = 8 }));
    }

    [Fact]
    public async Task Reader_NoFileOrDamagedLine_IsNoFailure()
    {
        Assert.Equal("", await ReadAsync(new()));
        File.WriteAllText(Path, "garbage\n2026-01-02T03:04:05Z stdout F good\n2026-01-02T03:04:05Z std");
        Assert.Equal("good\n", await ReadAsync(new()));
    }

    [Fact]
    public async Task Reader_Following_SeesRotationAndTheEnd()
    {
        using var writer = new CriLogWriter(Path, 300, 100, clock);
        var stream = writer.Open("stdout");
        var running = true;
        using var output = new MemoryStream();
        var reading = CriLogReader.CopyAsync(Path, new() { Follow = true }, () => Volatile.Read(ref running), output, TestContext.Current.CancellationToken);
        for (var i = 0; i < 60; i++)
        {
            stream.Write(Encoding.UTF8.GetBytes($"line {i}\n"));
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(i % 7, TestContext.Current.CancellationToken);
        }

        Volatile.Write(ref running, false);
        await reading.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(string.Concat(Enumerable.Range(0, 60).Select(i => $"line {i}\n")), Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void Tail_KeepsTheLastBytes()
    {
        Put(Path, [.. Enumerable.Range(0, 200).Select(i => $"line {i} {new string('w', 50)}")]);
        var text = CriLogTail.Read(Path)!;
        Assert.Equal(2048, text.Length);
        Assert.Contains("line 199", text, StringComparison.Ordinal);
    }

    private static void Put(string path, params string[] lines) =>
        File.WriteAllText(path, string.Concat(lines.Select(line => $"2026-01-02T03:04:05Z stdout F {line}\n")));

    private async Task<string> ReadAsync(LogOptions options)
    {
        using var output = new MemoryStream();
        await CriLogReader.CopyAsync(Path, options, () => false, output, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
