using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.Iptables;

/// <summary>
/// iptables(8), iptables-save(8) and iptables-restore(8), and ip6tables', started in a network namespace. Only for the layout of x_tables rules, which is
/// known to iptables and to nobody else, is a program started to change the kernel.
/// </summary>
/// <param name="ns">The namespace; null for that of this process.</param>
/// <param name="variant">Which of a machine's two iptables.</param>
public sealed partial class IptablesPrograms(NetNamespace? ns, IptablesVariant variant = IptablesVariant.Default)
{
    // As long as kube-proxy waits for a legacy iptables that holds the lock (it exits with 4 then), and far beyond any run that was measured.
    private const string WaitSeconds = "5";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly string[] Folders = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin"];

    // The kernel names the legacy tables in use; asking iptables for one would make it.
    private static readonly string[] LegacyTables = ["/proc/thread-self/net/ip_tables_names", "/proc/thread-self/net/ip6_tables_names"];

    private readonly ConcurrentQueue<uint> started = new();
    private bool? isLegacy;

    /// <summary>Which iptables.</summary>
    public IptablesVariant Variant => variant;

    /// <summary>True if the programs of the variant are there.</summary>
    public bool Exist => Find(IpFamily.V4, "-save") is not null;

    /// <summary>Where the program iptables, or ip6tables, is.</summary>
    /// <exception cref="IptablesException">It is not installed.</exception>
    public string PathOf(IpFamily family) => Find(family, string.Empty) ?? throw Missing(family, string.Empty);

    /// <summary>True if the rules go to x_tables: nobody announces changes there.</summary>
    public bool IsLegacy => isLegacy ??= variant == IptablesVariant.Legacy || (variant == IptablesVariant.Default && Run(IpFamily.V4, string.Empty, ["--version"], null).Contains("legacy", StringComparison.Ordinal));

    /// <summary>True if the namespace has the family at all.</summary>
    public bool Has(IpFamily family) => family == IpFamily.V4 || In(static () => File.Exists("/proc/thread-self/net/if_inet6"));

    /// <summary>True if one of the last programs started here had this process id: the kernel names netlink sockets after their process.</summary>
    public bool IsOwn(uint port) => started.Contains(port);

    /// <summary>True if the namespace has tables of the legacy variant.</summary>
    public bool HasLegacyTables => In(static () => Array.Exists(LegacyTables, static file => File.Exists(file) && File.ReadAllText(file).Length > 0));

    /// <summary>Every iptables of this machine that may hold rules in the namespace: both variants where they are told apart.</summary>
    public IReadOnlyList<IptablesPrograms> Variants()
    {
        var found = new List<IptablesPrograms>();
        foreach (var one in (IptablesVariant[])[IptablesVariant.Nft, IptablesVariant.Legacy])
        {
            var programs = new IptablesPrograms(ns, one);
            if (programs.Exist && (one == IptablesVariant.Nft || HasLegacyTables))
            {
                found.Add(programs);
            }
        }

        return found.Count > 0 || !Exist ? found : [this];
    }

    /// <summary>What iptables-save prints.</summary>
    /// <exception cref="IptablesException">It failed.</exception>
    public string Save(IpFamily family, params string[] args) => Run(family, "-save", args, null);

    /// <summary>Carries out a change: one program for all tables.</summary>
    /// <exception cref="IptablesException">It failed; each table is changed as a whole or not at all.</exception>
    public void Restore(IpFamily family, string input) => Run(family, "-restore", ["--noflush", "--counters", "-w", WaitSeconds], input);

    /// <summary>Runs iptables itself and gives what it prints.</summary>
    /// <exception cref="IptablesException">It failed.</exception>
    public string Execute(IpFamily family, params string[] args) => Run(family, string.Empty, ["-w", WaitSeconds, .. args], null);

    /// <summary>Runs iptables itself and gives what it prints; null if it fails, as where a chain or rule is not there.</summary>
    public string? Try(IpFamily family, params string[] args)
    {
        try
        {
            return Execute(family, args);
        }
        catch (IptablesException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"line:? (\d+)")]
    private static partial Regex LineNumber();

    private string? Find(IpFamily family, string action)
    {
        var middle = variant switch { IptablesVariant.Nft => "-nft", IptablesVariant.Legacy => "-legacy", _ => string.Empty };
        var name = (family == IpFamily.V4 ? "iptables" : "ip6tables") + middle + action;
        var path = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return path.Concat(Folders).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    private string Run(IpFamily family, string action, IReadOnlyList<string> args, string? input)
    {
        var program = Find(family, action) ?? throw Missing(family, action);
        var start = new ProcessStartInfo(program, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            // A child is born in the namespace of the thread that starts it.
            process = In(() => Process.Start(start)!);
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
            return process.ExitCode == 0 ? output.Result : throw new IptablesException(Message(program, process.ExitCode, errors.Result, input));
        }
    }

    private static IptablesException Missing(IpFamily family, string action) => new($"{(family == IpFamily.V4 ? "iptables" : "ip6tables")}{action} is not installed: install iptables (apt-get install iptables), or choose nftables");

    private static string Message(string program, int exitCode, string errors, string? input)
    {
        var said = string.Join(' ', errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(3));
        var at = LineNumber().Match(errors);
        var line = at.Success && input is not null && int.TryParse(at.Groups[1].ValueSpan, out var number) ? input.Split('\n').ElementAtOrDefault(number - 1) : null;
        return $"{Path.GetFileName(program)} ended with {exitCode}: {said}{(line is null ? string.Empty : $" ({line})")}";
    }

    private T In<T>(Func<T> work) => ns is null ? work() : ns.Run(work);

    private void Remember(uint process)
    {
        started.Enqueue(process);
        while (started.Count > 8)
        {
            started.TryDequeue(out _);
        }
    }
}
