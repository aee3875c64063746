using Microsoft.Extensions.Logging;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Netlink;
using Podwire.Proxy.Apply;
using Podwire.Proxy.Apply.Ipvs;
using Podwire.Proxy.Config;
using Podwire.Ruleset;

namespace Podwire.Proxy;

/// <summary>podwire-proxy: what kube-proxy is for, on one node.</summary>
public static class ProxyProgram
{
    /// <summary>Runs until SIGTERM. 0 ended as asked, 1 failed, 2 a flag or a key of the configuration cannot be used.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var flags = ProxyFlags.Declare();
        if (!flags.TryParse(args, Console.Out, Console.Error, out var exitCode))
        {
            return exitCode;
        }

        try
        {
            var options = ProxyFlags.Read(flags, static file => YamlToJson.Parse(File.ReadAllText(file)));
            if (options.WriteConfigTo is { } file)
            {
                await File.WriteAllTextAsync(file, DefaultConfiguration.Yaml).ConfigureAwait(false);
                return 0;
            }

            return await RunAsync(options).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ConfigurationException or FlagException or YamlFormatException)
        {
            await Console.Error.WriteLineAsync($"podwire-proxy: {e.Message}").ConfigureAwait(false);
            return 2;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or KubeConfigException or NftException or NetlinkException or SyscallException or IpvsMissingException)
        {
            await Console.Error.WriteLineAsync($"podwire-proxy: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<int> RunAsync(ProxyOptions options)
    {
        using var loggers = DaemonLogging.Create(options.Verbosity);
        var logger = loggers.CreateLogger("podwire-proxy");
        using var termination = Termination.Handle();
        if (options.InitOnly)
        {
            KernelSettings.Ensure(options, logger);
            return 0;
        }

        using var kernel = ProxyKernel.Open();
        if (options.Cleanup)
        {
            ServiceDataPlanes.Remove(options, kernel, logger);
            ProxyLog.CleanedUp(logger);
            return 0;
        }

        using var client = new KubeClient(ConnectionOf(options), new() { UserAgent = "podwire-proxy" });
        await using var node = new ProxyNode(options, client, kernel, loggers);
        if (options.DryRun)
        {
            await Console.Out.WriteAsync(await node.PlanAsync(termination.Token).ConfigureAwait(false)).ConfigureAwait(false);
            return 0;
        }

        ProxyLog.Starting(logger, options.NodeName, client.Config.Server, ProxyValues.NameOf(options.Mode), string.Join(", ", options.ClusterCidrs), options.DetectLocal);
        foreach (var key in options.WithoutEffect)
        {
            ProxyLog.WithoutEffect(logger, key);
        }

        if (options.Mode == ProxyMode.Ipvs && IpvsPrerequisites.Missing(kernel.Namespace, options.Ipvs.Scheduler) is { } missing)
        {
            throw new IpvsMissingException(missing);
        }

        KernelSettings.Ensure(options, logger);
        await node.RunAsync(termination.Token).ConfigureAwait(false);
        ProxyLog.Ended(logger);
        return 0;
    }

    internal static KubeConfig ConnectionOf(ProxyOptions options)
    {
        if (options.Master is null)
        {
            return options.Kubeconfig is null ? KubeConfig.InCluster() : KubeConfig.Load(options.Kubeconfig);
        }

        if (!Uri.TryCreate(options.Master, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https"))
        {
            throw new ConfigurationException($"--master takes an address such as https://10.0.0.1:6443, not '{options.Master}'");
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
