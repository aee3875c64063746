using System.ComponentModel;
using System.Diagnostics;
using Podwire.Netlink.Namespaces;

namespace Podwire.Proxy.Explain;

/// <summary>
/// Takes the rules of a trace away where the tracing process cannot, because it was killed: a shell that waits for the end of its input, which is ours to
/// write, so that the kernel ends it whatever way this process ends.
/// </summary>
internal sealed class TraceGuard : IDisposable
{
    private const string Script = """
        trap '' INT TERM HUP
        read -r _
        program=$1
        shift
        for chain in PREROUTING OUTPUT; do "$program" -w 5 -t raw -D "$chain" "$@" 2>/dev/null; done
        """;

    private readonly Process? process;

    private TraceGuard(Process? process) => this.process = process;

    /// <summary>Starts it.</summary>
    /// <param name="ns">Where the rules are.</param>
    /// <param name="program">The path of iptables or ip6tables.</param>
    /// <param name="rule">The rule, as iptables takes it behind the chain.</param>
    public static TraceGuard Start(NetNamespace ns, string program, IReadOnlyList<string> rule)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "podwire-trace-guard", program, .. rule]) { RedirectStandardInput = true };
        try
        {
            return new(ns.Run(() => Process.Start(start)));
        }
        catch (Win32Exception)
        {
            // No shell: a rule that is left behind goes with the next trace, or with the next start of the proxy.
            return new(null);
        }
    }

    /// <summary>Ends it without its doing anything: the rules are gone.</summary>
    public void Dispose()
    {
        if (process is null)
        {
            return;
        }

        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
