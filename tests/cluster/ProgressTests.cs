using Podwire.Cluster.Output;

namespace Podwire.Cluster.Tests;

public class ProgressTests
{
    [Fact]
    public async Task Elsewhere_EachStepHasAPlainLineAtItsStartAndEnd()
    {
        var output = new StringWriter { NewLine = "\n" };
        await new Progress(output, terminal: false).RunAsync("nodes Ready", step =>
        {
            step.Detail = "3 of 3";
            return Task.CompletedTask;
        });
        Assert.Matches(@"^  \.\. nodes Ready\n  ok nodes Ready \(3 of 3\) \d+\.\d s\n$", output.ToString());
    }

    [Fact]
    public async Task OnATerminal_TheLineIsLiveAndEndsInItsSeconds()
    {
        var output = new StringWriter { NewLine = "\n" };
        await Assert.ThrowsAsync<InvalidOperationException>(() => new Progress(output, terminal: true).RunAsync("x", _ => Task.FromException(new InvalidOperationException())));
        Assert.EndsWith("\n", output.ToString());
        Assert.Matches(@"\r  no x \d+\.\d s\e\[K\n$", output.ToString());
    }

    [Fact]
    public void Table_PadsToTheWidestCell()
    {
        var output = new StringWriter { NewLine = "\n" };
        var table = new TextTable("NODE", "STATUS");
        table.Add("node1", "Ready");
        table.Add("n", "-");
        table.WriteTo(output);
        Assert.Equal("NODE    STATUS\nnode1   Ready\nn       -\n", output.ToString());
    }
}
