using System.Diagnostics;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

/// <summary>iptables as an operator uses it.</summary>
internal static class Iptables
{
    /// <summary>A table of a node, without the counters and remarks of the listing.</summary>
    public static string Save(Node node, string table, IpFamily family = IpFamily.V4, string variant = "")
    {
        var text = Run(node, $"{(family == IpFamily.V4 ? "iptables" : "ip6tables")}{variant}-save", "-t", table);
        return string.Join('\n', text.Split('\n').Where(l => l.StartsWith("-A", StringComparison.Ordinal) || (l.StartsWith(':') && l.Contains(" - ", StringComparison.Ordinal)))
            .Select(l => l.StartsWith(':') ? l.Split(' ')[0] : l));
    }

    public static string Run(Node node, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo($"/usr/sbin/{program}", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = node.Host.Run(() => Process.Start(start)!);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }
}
