using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Apply.Iptables;

/// <summary>
/// iptables-save and iptables-restore, started in the node's network namespace: the one place of the enforcer where a program is started, since
/// the layout of x_tables rules is known to iptables and to nobody else.
/// </summary>
internal sealed class IptablesPrograms(PolicyKernel kernel, IptablesVariant variant = IptablesVariant.Default)
{
    // As long as kube-proxy waits for a legacy iptables that holds the lock (it exits with 4 then), and far beyond any run that was measured.
    private const string WaitSeconds = "5";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly string[] Folders = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin"];

    private readonly ConcurrentQueue<uint> started = new();

    /// <summary>True if the programs of the variant are there.</summary>
    public bool Exist => Find(IpFamily.V4, "-save") is not null;

    /// <summary>True if the namespace has the family at all.</summary>
    public bool Has(IpFamily family) => family == IpFamily.V4 || kernel.In(static () => File.Exists("/proc/thread-self/net/if_inet6"));

    /// <summary>True if one of the last programs started here had this process id: the kernel names netlink sockets after their process.</summary>
    public bool IsOwn(uint port) => started.Contains(port);

    /// <summary>The table filter as text.</summary>
    /// <exception cref="IptablesException">It failed.</exception>
    public string Save(IpFamily family, params string[] args) => Run(family, "-save", ["-t", "filter", .. args], null);

    /// <summary>Carries out a change of the table filter: as a whole or not at all.</summary>
    /// <exception cref="IptablesException">It failed, and nothing was changed.</exception>
    public void Restore(IpFamily family, string input) => Run(family, "-restore", ["--noflush", "-w", WaitSeconds], input);

    private static string Message(string program, int exitCode, string errors, string input)
    {
        var said = string.Join(' ', errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(3));
        var word = said.Split(' ').SkipWhile(static word => word is not ("line" or "line:")).Skip(1).FirstOrDefault();
        var line = int.TryParse(word?.TrimEnd('.', ':'), out var number) ? input.Split('\n').ElementAtOrDefault(number - 1) : null;
        return $"{Path.GetFileName(program)} ended with {exitCode}: {said}{(line is null ? string.Empty : $" ({line})")}";
    }

    private string? Find(IpFamily family, string action)
    {
        var middle = variant switch { IptablesVariant.Nft => "-nft", IptablesVariant.Legacy => "-legacy", _ => string.Empty };
        var name = (family == IpFamily.V4 ? "iptables" : "ip6tables") + middle + action;
        var path = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return path.Concat(Folders).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    private string Run(IpFamily family, string action, string[] args, string? input)
    {
        var program = Find(family, action)
            ?? throw new IptablesException($"{(family == IpFamily.V4 ? "iptables" : "ip6tables")}{action} is not installed: --backend iptables needs the package iptables (apt-get install iptables)");
        var start = new ProcessStartInfo(program, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            // A child is born in the namespace of the thread that starts it.
            process = kernel.In(() => Process.Start(start)!);
        }
        catch (Win32Exception e)
        {
            throw new IptablesException($"{program} cannot be started: {e.Message}");
        }

        using (process)
        {
            Remember((uint)process.Id);
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            try
            {
                process.StandardInput.Write(input);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it read everything; what it says on the way is the better message.
            }

            if (!process.WaitForExit(Patience))
            {
                process.Kill();
                throw new IptablesException($"{program} did not end within {Patience.TotalMinutes} minutes and was killed");
            }

            Task.WaitAll(output, errors);
            return process.ExitCode == 0 ? output.Result : throw new IptablesException(Message(program, process.ExitCode, errors.Result, input ?? string.Empty));
        }
    }

    private void Remember(uint process)
    {
        started.Enqueue(process);
        while (started.Count > 8)
        {
            started.TryDequeue(out _);
        }
    }
}
