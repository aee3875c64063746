using Podwire.Daemon;

namespace Podwire.Kubelet.Tests;

public class FlagTests
{
    [Theory]
    [InlineData("--container-runtime-endpoint=unix:///run/containerd.sock", "--container-runtime-endpoint: only the built-in runtime is served yet")]
    [InlineData("--pod-manifest-path=/etc/kubernetes/manifests", "--pod-manifest-path: static pods are not served yet")]
    [InlineData("--config=x", "--config:")]
    [InlineData("-v=0", "--kubeconfig is needed")]
    public void Flag_NotServed_IsRefusedByName(string flag, string message)
    {
        var flags = KubeletFlags.Declare();
        Assert.True(flags.TryParse([flag], TextWriter.Null, TextWriter.Null, out _));
        Assert.StartsWith(message, Assert.Throws<FlagException>(() => KubeletFlags.Refuse(flags)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Taints_AreRead()
    {
        var taint = Assert.Single(KubeletFlags.Taints("example.com/a=b:NoSchedule"));
        Assert.Equal(("example.com/a", "b", "NoSchedule"), (taint.Key, taint.Value, taint.Effect));
        Assert.Throws<FlagException>(() => KubeletFlags.Taints("a=b:Sometimes"));
        Assert.Throws<FlagException>(() => KubeletFlags.Labels("novalue"));
    }

    [Fact]
    public async Task Program_KubeconfigMissing_EndsWithOneLine() => Assert.Equal(1, await KubeletProgram.RunAsync(["--kubeconfig", "/no/such/file"]));
}
