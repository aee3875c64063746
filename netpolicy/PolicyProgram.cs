using Microsoft.Extensions.Logging;
using Podwire.Daemon;
using Podwire.Iptables;
using Podwire.Kube;
using Podwire.Netlink;
using Podwire.NetPolicy.Apply;
using Podwire.NetPolicy.Apply.Iptables;
using Podwire.NetPolicy.Config;
using Podwire.Ruleset;

namespace Podwire.NetPolicy;

/// <summary>podwire-netpolicy: NetworkPolicies for the pods of one node.</summary>
public static class PolicyProgram
{
    /// <summary>Runs until SIGTERM. 0 ended as asked, 1 failed, 2 a flag cannot be used.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var flags = PolicyFlags.Declare();
        if (!flags.TryParse(args, Console.Out, Console.Error, out var exitCode))
        {
            return exitCode;
        }

        try
        {
            return await RunAsync(PolicyFlags.Read(flags)).ConfigureAwait(false);
        }
        catch (FlagException e)
        {
            await Console.Error.WriteLineAsync($"podwire-netpolicy: {e.Message}").ConfigureAwait(false);
            return 2;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or KubeConfigException or NftException or IptablesException or NetlinkException or SyscallException)
        {
            await Console.Error.WriteLineAsync($"podwire-netpolicy: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<int> RunAsync(PolicyOptions options)
    {
        using var loggers = DaemonLogging.Create(options.Verbosity);
        var logger = loggers.CreateLogger("podwire-netpolicy");
        using var termination = Termination.Handle();
        using var kernel = PolicyKernel.OpenOwn();
        if (options.Cleanup)
        {
            PolicyBackends.RemoveAll(options, kernel, logger);
            PolicyLog.CleanedUp(logger);
            return 0;
        }

        using var client = new KubeClient(ConnectionOf(options), new() { UserAgent = "podwire-netpolicy" });
        await using var node = new PolicyNode(options, client, kernel, loggers);
        if (options.DryRun)
        {
            await Console.Out.WriteAsync(await node.PlanAsync(termination.Token).ConfigureAwait(false)).ConfigureAwait(false);
            return 0;
        }

        PolicyLog.Starting(logger, options.NodeName, client.Config.Server, options.Backend, options.KeepEstablished ? "keep" : "cut");
        await node.RunAsync(termination.Token).ConfigureAwait(false);
        PolicyLog.Ended(logger);
        return 0;
    }

    private static KubeConfig ConnectionOf(PolicyOptions options)
    {
        if (options.Master is not { } server)
        {
            return options.Kubeconfig is null ? KubeConfig.InCluster() : KubeConfig.Load(options.Kubeconfig);
        }

        if (options.Kubeconfig is null)
        {
            return new() { Server = server, Source = "--master" };
        }

        var file = KubeConfig.Load(options.Kubeconfig);
        return new()
        {
            Server = server,
            Source = file.Source,
            CertificateAuthorityPem = file.CertificateAuthorityPem,
            ClientCertificatePem = file.ClientCertificatePem,
            ClientKeyPem = file.ClientKeyPem,
            Token = file.Token,
            TokenFile = file.TokenFile,
            InsecureSkipTlsVerify = file.InsecureSkipTlsVerify,
            TlsServerName = file.TlsServerName,
            Namespace = file.Namespace,
        };
    }
}
