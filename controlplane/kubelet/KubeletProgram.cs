using System.Security.Cryptography;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kubelet.Shim;

namespace Podwire.Kubelet;

/// <summary>podwire-kubelet's command line.</summary>
public static class KubeletProgram
{
    /// <summary>
    /// Runs the kubelet until SIGTERM, or with <c>shim --dir DIR</c> one container's shim. Exit codes: 0 asked to end, 1 cannot start
    /// (one line says why), 2 wrong flags.
    /// </summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["shim", ..])
        {
            return args is [_, "--dir", var directory] ? ShimProgram.Run(directory) : Refuse("podwire-kubelet shim takes --dir DIR and nothing else", 2);
        }

        var flags = KubeletFlags.Declare();
        if (!flags.TryParse(args, Console.Out, Console.Error, out var exitCode))
        {
            return exitCode;
        }

        KubeletOptions options;
        KubeConfig config;
        try
        {
            KubeletFlags.Refuse(flags);
            config = KubeConfig.Load(flags.Get("kubeconfig")!);
            options = KubeletFlags.Read(flags, config);
        }
        catch (FlagException error)
        {
            return Refuse($"podwire-kubelet: {error.Message}", 2);
        }
        catch (KubeConfigException error)
        {
            return Refuse($"podwire-kubelet: {error.Message}", 1);
        }

        using var termination = Termination.Handle();
        using var loggers = DaemonLogging.Create(flags.Verbosity);
        try
        {
            await using var kubelet = new KubeletHost(options, config, loggers);
            await kubelet.RunAsync(termination.Token);
            return 0;
        }
        catch (Exception error) when (error is IOException or KubeConfigException or CryptographicException or UnauthorizedAccessException)
        {
            return Refuse($"podwire-kubelet: {error.Message}", 1);
        }
    }

    private static int Refuse(string message, int exitCode)
    {
        Console.Error.WriteLine(message);
        return exitCode;
    }
}
