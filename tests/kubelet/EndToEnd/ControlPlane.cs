using Podwire.ApiServer;
using Podwire.Kube;

namespace Podwire.Kubelet.Tests.EndToEnd;

/// <summary>One real API server, in this process, for all tests of the collection.</summary>
public sealed class ControlPlane : IAsyncLifetime
{
    public const string Collection = "control plane";

    private readonly ScratchDirectory scratch = new();
    private ApiServerHost? host;

    public ApiServerHandle Server => host!.Handle;

    public KubeClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "lacks: root");
        host = await ApiServerHost.StartAsync(scratch.Path);
        Admin = new(KubeConfig.Load(host.Handle.AdminKubeconfig));
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            Admin.Dispose();
            await host.DisposeAsync();
        }

        scratch.Dispose();
    }
}
