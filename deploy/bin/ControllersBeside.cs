using Podwire.ApiServer;
using Podwire.Controllers;
using Podwire.Daemon;
using Podwire.Kube;

namespace Podwire.Executable;

/// <summary>Runs scheduler and controllers in the API server's process, as its client like any other.</summary>
internal static class ControllersBeside
{
    private const int NodeMaskV4 = 24;
    private const int NodeMaskV6 = 64;

    /// <summary>Runs until cancelled.</summary>
    public static async Task RunAsync(ApiServerHandle server, CancellationToken cancel)
    {
        using var loggers = DaemonLogging.Create(0);
        using var client = new KubeClient(KubeConfig.Load(server.ControllersKubeconfig), new KubeClientOptions { UserAgent = "podwire-controllers" });
        var options = new ControllersOptions
        {
            ClusterNetworks = server.ClusterCidr is { } network ? [(network, network.Address.IsV4 ? NodeMaskV4 : NodeMaskV6)] : [],
            RootCa = server.Pki.AuthorityPem,
        };
        await ControllersProgram.RunAsync(client, options, loggers, cancel).ConfigureAwait(false);
    }
}
