using Podwire.Daemon;

namespace Podwire.Daemon.Tests;

public class DaemonFlagsTests
{
    private static DaemonFlags Flags() => new DaemonFlags("podwire-x", "does x")
        .Value("config", "FILE", "the configuration")
        .Value("sync-period", "DURATION", "how often", "30s")
        .Switch("cleanup", "remove everything")
        .Value("port", "N", "the port", "10250");

    [Fact]
    public void Parse_AllForms_AreRead()
    {
        var flags = Flags();
        Assert.True(flags.TryParse(["--config", "a", "--sync-period=1m30s", "--cleanup", "-v", "4"], TextWriter.Null, TextWriter.Null, out _));
        Assert.Equal("a", flags.Get("config"));
        Assert.Equal(TimeSpan.FromSeconds(90), flags.GetDuration("sync-period"));
        Assert.True(flags.IsSet("cleanup"));
        Assert.Equal(4, flags.Verbosity);
        Assert.Equal(10250, flags.GetInt("port"));
        Assert.False(flags.IsGiven("port"));
    }

    [Theory]
    [InlineData("--nope", "unknown flag --nope")]
    [InlineData("--config", "--config needs a value")]
    [InlineData("word", "unexpected argument 'word'")]
    [InlineData("--cleanup=maybe", "--cleanup takes true or false")]
    [InlineData("-v=x", "-v takes a number")]
    public void Parse_Bad_IsOneLineAndExitTwo(string arg, string message)
    {
        var error = new StringWriter();
        Assert.False(Flags().TryParse([arg], TextWriter.Null, error, out var exit));
        Assert.Equal(2, exit);
        Assert.Contains(message, error.ToString());
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public void Help_NamesEveryFlag()
    {
        var output = new StringWriter();
        Assert.False(Flags().TryParse(["--help"], output, TextWriter.Null, out var exit));
        Assert.Equal(0, exit);
        Assert.All(["--config FILE", "--sync-period DURATION", "(default 30s)", "--cleanup"], text => Assert.Contains(text, output.ToString()));
    }

    [Theory]
    [InlineData("1h2m3.5s", 3723.5)]
    [InlineData("250ms", 0.25)]
    [InlineData("0", 0)]
    [InlineData("-5s", -5)]
    public void GoDuration_Valid_IsRead(string text, double seconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds, 6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5x")]
    [InlineData("s")]
    [InlineData("1.2.3s")]
    [InlineData("99999999999999h")]
    public void GoDuration_Invalid_IsRefused(string text) => Assert.False(GoDuration.TryParse(text, out _));
}
