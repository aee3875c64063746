using Microsoft.Extensions.Logging;
using Podwire.Iptables;
using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;

namespace Podwire.Proxy.Apply.Iptables;

/// <summary>
/// Notices a flush of legacy tables, whose changes the kernel announces to nobody: the chains called KUBE-PROXY-CANARY, which nothing leads to, are
/// asked for once per period, as kube-proxy does.
/// </summary>
internal sealed class IptablesCanary(IptablesPrograms programs, TimeSpan period, Action gone, ILogger logger)
{
    private static readonly string[] Tables = ["mangle", "nat", "filter"];

    /// <summary>Asks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(period);
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            if (!Sings())
            {
                IptablesLog.CanaryGone(logger);
                gone();
            }
        }
    }

    private bool Sings()
    {
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            if (programs.Has(family) && !Tables.All(table => programs.Try(family, "-t", table, "-S", KubeChains.Canary) is not null))
            {
                return false;
            }
        }

        return true;
    }
}
