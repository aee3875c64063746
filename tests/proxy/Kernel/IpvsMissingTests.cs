using Podwire.Netlink.Ipvs;
using Podwire.Netlink.Namespaces;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>Mode ipvs on a kernel without IPVS: this machine's.</summary>
public sealed class IpvsMissingTests
{
    [Fact]
    public async Task ModeIpvs_WhereTheKernelHasNone_EndsWithOneLineThatNamesTheModuleAndAKernel()
    {
        Assert.SkipUnless(Environment.UserName == "root", "lacks: root");
        var name = $"proxy-{Environment.ProcessId}-bare";
        using var ns = NetNamespace.Create($"/run/netns/{name}");
        try
        {
            Assert.SkipWhen(IpvsSocket.TryOpen(ns, out var socket), "needs a kernel without ip_vs");
            socket?.Dispose();
            using var proxy = ProxyProcess.Start(name, "--master=http://127.0.0.1:1", "--proxy-mode=ipvs", "--hostname-override=node1");
            var (exitCode, output) = await proxy.EndAsync();
            Assert.Equal(1, exitCode);
            Assert.Empty(output);
            await TestNode.EventuallyAsync(() => Task.FromResult(proxy.Log.Contains("ip_vs", StringComparison.Ordinal)), "the line");
            var line = Assert.Single(proxy.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries), text => text.StartsWith("podwire-proxy:", StringComparison.Ordinal));
            Assert.Contains("mode ipvs needs the kernel module ip_vs", line, StringComparison.Ordinal);
            Assert.Contains("linux-image-amd64", line, StringComparison.Ordinal);
        }
        finally
        {
            NetNamespace.Delete($"/run/netns/{name}");
        }
    }
}
