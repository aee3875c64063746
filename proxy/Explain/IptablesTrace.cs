using System.Diagnostics;
using Podwire.Iptables;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Proxy.Apply.Iptables;
using Podwire.Proxy.Compile;
using Podwire.Ruleset;

namespace Podwire.Proxy.Explain;

/// <summary>
/// What people do by hand to see a connection's way through iptables: a TRACE rule in the raw table, reading what the kernel tells, and taking the
/// rule away again. The rule goes whatever happens: a <see cref="TraceGuard"/> takes it away where this process is killed, and where that is killed too,
/// <see cref="RemoveLeftovers"/> does, which the next trace and the next start of the proxy call.
/// </summary>
internal sealed class IptablesTrace
{
    private const string CommentPrefix = "podwire-trace-";
    private static readonly string[] Chains = ["PREROUTING", "OUTPUT"];

    private readonly NetNamespace ns;
    private readonly IptablesPrograms programs;

    /// <summary>A trace in a network namespace, usually the node's.</summary>
    public IptablesTrace(NetNamespace ns) => (this.ns, programs) = (ns, new(ns));

    /// <summary>Traces one packet: the first that begins such a connection after <paramref name="ready"/> was called.</summary>
    /// <param name="connection">Which.</param>
    /// <param name="patience">How long to wait for the packet.</param>
    /// <param name="ready">Called once the rule is in place: connect now.</param>
    /// <param name="cancel">Ends it early; the rule is removed all the same.</param>
    /// <returns>The rules that the packet met, in order; none if no packet came.</returns>
    /// <exception cref="IptablesException">The rule could not be put in, or iptables is the legacy variant, whose traces only the kernel log gets.</exception>
    public IReadOnlyList<TraceStep> Run(TracedConnection connection, TimeSpan patience, Action? ready = null, CancellationToken cancel = default)
    {
        if (programs.IsLegacy)
        {
            throw new IptablesException("this machine's iptables is the legacy variant, whose traces go to the kernel log alone: use iptables-nft (update-alternatives --set iptables /usr/sbin/iptables-nft)");
        }

        RemoveLeftovers(ns);
        var family = connection.Source.Family;
        var rule = RuleOf(connection, CommentPrefix + IdentityOf(Environment.ProcessId));
        using var monitor = NftTraceMonitor.Open(ns);
        using var guard = TraceGuard.Start(ns, programs.PathOf(family), rule);
        var put = new List<string>();
        try
        {
            foreach (var chain in Chains)
            {
                // Noted first: what is not certain to be absent has to be taken away.
                put.Add(chain);
                programs.Execute(family, ["-t", "raw", "-I", chain, .. rule]);
            }

            ready?.Invoke();
            return Describe(Listen(monitor, patience, cancel), family);
        }
        finally
        {
            foreach (var chain in put)
            {
                programs.Try(family, ["-t", "raw", "-D", chain, .. rule]);
            }
        }
    }

    /// <summary>False if there is no raw table, so that there is nothing to start a program for.</summary>
    public static bool MayHaveLeftovers(ProxyKernel kernel) => kernel.ListTables().Any(static table => table is { Family: TableFamily.Ip or TableFamily.Ip6, Name: "raw" });

    /// <summary>Takes away rules of traces whose process is gone, in both families; how many there were.</summary>
    public static int RemoveLeftovers(NetNamespace ns)
    {
        var removed = 0;
        foreach (var variant in (IptablesVariant[])[IptablesVariant.Nft, IptablesVariant.Default])
        {
            var programs = new IptablesPrograms(ns, variant);
            if (!programs.Exist)
            {
                continue;
            }

            foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
            {
                removed += programs.Has(family) ? RemoveLeftovers(programs, family) : 0;
            }

            break;
        }

        return removed;
    }

    private static int RemoveLeftovers(IptablesPrograms programs, IpFamily family)
    {
        var removed = 0;
        foreach (var line in programs.Save(family, "-t", "raw").Split('\n'))
        {
            var at = line.IndexOf(CommentPrefix, StringComparison.Ordinal);
            if (!line.StartsWith("-A ", StringComparison.Ordinal) || at < 0)
            {
                continue;
            }

            var identity = line[(at + CommentPrefix.Length)..].Split(' ', '"')[0];
            if (int.TryParse(identity.Split('-')[0], out var process) && IdentityOf(process) == identity)
            {
                continue;
            }

            // iptables-save quotes nothing else of such a rule.
            if (programs.Try(family, ["-t", "raw", "-D", .. line[3..].Replace("\"", string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries)]) is not null)
            {
                removed++;
            }
        }

        return removed;
    }

    /// <summary>The process with its start time, so that a number that was given again is no mistake; empty if there is none.</summary>
    private static string IdentityOf(int process)
    {
        try
        {
            // Behind the name, which may hold anything, come the state (3rd field) and so on; the start time is the 22nd (proc(5)).
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return $"{process}-{stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19]}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    private static List<string> RuleOf(TracedConnection connection, string comment)
    {
        var protocol = ProtocolNames.Of(connection.Protocol);
        List<string> rule = ["-s", connection.Source.ToString(), "-d", connection.Destination.ToString(), "-p", protocol, "-m", protocol, "--dport", connection.Port.ToString()];
        if (connection.SourcePort is { } port)
        {
            rule.AddRange(["--sport", port.ToString()]);
        }

        if (connection.Protocol == IpProtocol.Tcp)
        {
            rule.AddRange(["--tcp-flags", "FIN,SYN,RST,ACK", "SYN"]);
        }

        return [.. rule, "-m", "comment", "--comment", comment, "-j", "TRACE"];
    }

    /// <summary>The events of the first packet: up to a pause, because no event says that it was the last.</summary>
    private static List<NftTraceEvent> Listen(NftTraceMonitor monitor, TimeSpan patience, CancellationToken cancel)
    {
        var began = Stopwatch.StartNew();
        var pause = TimeSpan.FromMilliseconds(300);
        var events = new List<NftTraceEvent>();
        while (!cancel.IsCancellationRequested)
        {
            var left = events.Count > 0 ? pause : patience - began.Elapsed;
            if (left <= TimeSpan.Zero || !monitor.Wait(left, cancel))
            {
                break;
            }

            try
            {
                while (monitor.TryRead(out var trace))
                {
                    if (events.Count == 0 || trace.Packet == events[0].Packet)
                    {
                        events.Add(trace);
                    }
                }
            }
            catch (SyscallException e) when (e.Errno == Errno.ENOBUFS)
            {
                // Some are lost; what came is shown.
            }

            if (events.Count > 0 && began.Elapsed > patience)
            {
                break;
            }
        }

        return events;
    }

    private List<TraceStep> Describe(List<NftTraceEvent> events, IpFamily family)
    {
        var steps = new List<TraceStep>();
        using var socket = NftSocket.Open(ns);
        var chains = new Dictionary<(TableId, string), (IReadOnlyList<ulong> Handles, string[] Rules)>();
        foreach (var trace in events)
        {
            if (trace.Kind is not (NftTraceKind.Rule or NftTraceKind.Policy))
            {
                continue;
            }

            if (!chains.TryGetValue((trace.Table, trace.Chain), out var chain))
            {
                chain = (socket.RuleHandles(trace.Table, trace.Chain), RulesOf(trace, family));
                chains[(trace.Table, trace.Chain)] = chain;
            }

            var number = trace.Kind == NftTraceKind.Policy ? 0 : IndexOf(chain.Handles, trace.Handle) + 1;
            var rule = number > 0 && chain.Handles.Count == chain.Rules.Length ? chain.Rules[number - 1] : string.Empty;
            steps.Add(new(trace.Table.Name, trace.Chain, number, rule, trace.Verdict, trace.Mark));
        }

        return steps;
    }

    private string[] RulesOf(NftTraceEvent trace, IpFamily family)
    {
        try
        {
            var prefix = $"-A {trace.Chain} ";
            return [.. programs.Execute(family, ["-t", trace.Table.Name, "-S", trace.Chain]).Split('\n').Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(line => line[prefix.Length..])];
        }
        catch (IptablesException)
        {
            // A table that is not iptables': its rules have no such text.
            return [];
        }
    }

    private static int IndexOf(IReadOnlyList<ulong> handles, ulong handle)
    {
        for (var i = 0; i < handles.Count; i++)
        {
            if (handles[i] == handle)
            {
                return i;
            }
        }

        return -1;
    }
}
