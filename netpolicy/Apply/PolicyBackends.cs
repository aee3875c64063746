using Microsoft.Extensions.Logging;
using Podwire.Iptables;
using Podwire.NetPolicy.Apply.Iptables;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.Config;

namespace Podwire.NetPolicy.Apply;

/// <summary>Makes the back end that was asked for, and removes what the other one left.</summary>
internal static class PolicyBackends
{
    /// <summary>The names, as <c>--backend</c> takes them.</summary>
    public static string[] Names { get; } = [NftTables.BackendName, IptablesTables.BackendName];

    /// <summary>The back end of that name.</summary>
    /// <exception cref="IptablesException">The machine or its kernel lacks what it needs.</exception>
    public static IPolicyTables Create(string name, PolicyOptions options, PolicyKernel kernel, ILogger logger)
    {
        var tables = Make(name, options, kernel, logger);
        if (tables is IptablesTables { Lack: { } lack })
        {
            tables.Dispose();
            throw new IptablesException(lack);
        }

        return tables;
    }

    /// <summary>
    /// Removes what the other back ends left, now that this one's rules are in force: in between both judge, and they judge alike. Whom another put aside
    /// stays aside.
    /// </summary>
    /// <returns>The other's name if there was anything.</returns>
    public static string? RemoveOther(IPolicyTables own, PolicyOptions options, PolicyKernel kernel, ILogger logger)
    {
        string? found = null;
        foreach (var name in Names)
        {
            if (name == own.Name)
            {
                continue;
            }

            using var other = Make(name, options, kernel, logger);
            if (other.IsPresent())
            {
                own.SetPending(other.ReadPending(), isPending: true);
                other.Remove();
                found = name;
            }
        }

        return found;
    }

    /// <summary>Removes what any of them left.</summary>
    public static void RemoveAll(PolicyOptions options, PolicyKernel kernel, ILogger logger)
    {
        foreach (var name in Names)
        {
            using var tables = Make(name, options, kernel, logger);
            if (tables.IsPresent())
            {
                tables.Remove();
            }
        }
    }

    private static IPolicyTables Make(string name, PolicyOptions options, PolicyKernel kernel, ILogger logger) => name == NftTables.BackendName
        ? new NftTables(kernel.Nft, options.KeepEstablished, logger, kernel.OpenMonitor, kernel.NftPort, kernel.HasQueue() ? AnswerPath.Queue : AnswerPath.Log)
        : new IptablesTables(kernel, options.KeepEstablished, logger, options.Iptables);
}
