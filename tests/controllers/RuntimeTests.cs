using System.Text.Json.Nodes;
using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests;

public class RuntimeTests
{
    [Theory]
    [InlineData("""{"a":1}""", """{"a":1}""", "{}")]
    [InlineData("""{"a":1,"b":2}""", """{"a":1}""", """{"b":null}""")]
    [InlineData("""{"a":{"x":1,"y":2}}""", """{"a":{"x":1,"y":3}}""", """{"a":{"y":3}}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[2]}""", """{"a":[2]}""")]
    [InlineData("""{}""", """{"a":{"x":[]}}""", """{"a":{"x":[]}}""")]
    public void MergeDiff_IsTheSmallestMergePatch(string before, string after, string patch) =>
        Assert.Equal(patch, MergeDiff.Of(JsonNode.Parse(before)!.AsObject(), JsonNode.Parse(after)!.AsObject()).ToJsonString());

    [Fact]
    public void Condition_WithTheSameStatusAndReason_StaysAsItIs()
    {
        List<Condition> before = [new() { Type = "Ready", Status = "True", Reason = "A", LastTransitionTime = Make.Now }];
        Assert.Same(before[0], Conditions.With(before, new() { Type = "Ready", Status = "True", Reason = "A", LastTransitionTime = Make.Now.AddDays(1) })[0]);
        Assert.Equal(Make.Now, Conditions.With(before, new() { Type = "Ready", Status = "True", Reason = "B", LastTransitionTime = Make.Now.AddDays(1) })[0].LastTransitionTime);
        Assert.Equal(Make.Now.AddDays(1), Conditions.With(before, new() { Type = "Ready", Status = "False", Reason = "B", LastTransitionTime = Make.Now.AddDays(1) })[0].LastTransitionTime);
    }

    [Theory]
    [InlineData("*", "scheduler", true)]
    [InlineData("*,-scheduler", "scheduler", false)]
    [InlineData("*,-scheduler", "namespace", true)]
    [InlineData("namespace", "scheduler", false)]
    [InlineData("namespace", "namespace", true)]
    public void Controllers_AreChosenByName(string list, string name, bool runs) => Assert.Equal(runs, new ControllersOptions { Controllers = list.Split(',') }.Runs(name));

    [Theory]
    [InlineData("--cluster-cidr=10.244.1.0/16", "--cluster-cidr takes")]
    [InlineData("--cluster-cidr=10.244.0.0/16,10.245.0.0/16", "--cluster-cidr takes")]
    [InlineData("--cluster-cidr=10.244.0.0/25", "cannot be divided")]
    [InlineData("--cluster-cidr=0.0.0.0/4", "cannot be divided")]
    [InlineData("--controllers=*,-sheduler", "names '-sheduler'")]
    [InlineData("--node-monitor-grace-period=soon", "--node-monitor-grace-period takes a duration")]
    [InlineData("--node-eviction-rate=fast", "--node-eviction-rate takes")]
    [InlineData("--leader-elect=true", "unknown flag --leader-elect")]
    public void Flags_ThatMakeNoSense_AreRefusedByName(string flag, string problem)
    {
        using var error = new StringWriter();
        Assert.False(ControllersFlags.TryParse([flag], TextWriter.Null, error, out _, out var exitCode));
        Assert.Equal(2, exitCode);
        Assert.Contains(problem, error.ToString(), StringComparison.Ordinal);
    }
}
