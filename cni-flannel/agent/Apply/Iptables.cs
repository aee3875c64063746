using System.Diagnostics;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>iptables(8) and ip6tables(8), whichever variant this machine uses: to read two chains, and to change them by one iptables-restore.</summary>
internal sealed class Iptables(NodeKernel kernel)
{
    // Older variants wait for /run/xtables.lock, which others hold for seconds at most.
    private const string WaitSeconds = "5";

    /// <summary>True if the programs are there.</summary>
    public static bool IsInstalled(string? path = null) =>
        (path ?? Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin").Split(':').Any(static folder =>
            folder.Length > 0 && File.Exists(Path.Combine(folder, "iptables")) && File.Exists(Path.Combine(folder, "iptables-restore")));

    /// <summary>Brings chains to what they shall be; true if something was changed.</summary>
    /// <exception cref="OverlayException">iptables refused it; the message has its own words.</exception>
    public bool Ensure(IpFamily family, IReadOnlyList<IptablesChain> chains)
    {
        var actual = new List<(IReadOnlyList<string>? Rules, int Jumps)>();
        foreach (var chain in chains)
        {
            actual.Add(Read(family, chain));
        }

        var text = IptablesCompiler.Restore(chains, actual);
        if (text.Length == 0)
        {
            return false;
        }

        var (code, _, error) = Run(family == IpFamily.V4 ? "iptables-restore" : "ip6tables-restore", ["--noflush", "-w", WaitSeconds], text);
        return code == 0 ? true : throw new OverlayException($"iptables-restore: {error.ReplaceLineEndings(" ").Trim()}");
    }

    private (IReadOnlyList<string>? Rules, int Jumps) Read(IpFamily family, IptablesChain chain)
    {
        var program = family == IpFamily.V4 ? "iptables" : "ip6tables";
        var prefix = $"-A {chain.Name} ";
        var own = Run(program, ["-w", WaitSeconds, "-t", chain.Table, "-S", chain.Name], string.Empty);
        IReadOnlyList<string>? rules = own.ExitCode == 0
            ? [.. own.Output.Split('\n').Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(line => line[prefix.Length..].TrimEnd())]
            : null;
        var parent = Run(program, ["-w", WaitSeconds, "-t", chain.Table, "-S", chain.Parent], string.Empty);
        return parent.ExitCode == 0
            ? (rules, parent.Output.Split('\n').Count(line => line.TrimEnd() == $"-A {chain.Jump}"))
            : throw new OverlayException($"{program} -t {chain.Table} -S {chain.Parent}: {parent.Error.ReplaceLineEndings(" ").Trim()}");
    }

    private (int ExitCode, string Output, string Error) Run(string program, string[] arguments, string input) => kernel.Run(() =>
    {
        // A child has the namespace of the thread that starts it.
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new OverlayException($"{program} cannot be started");
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    });
}
