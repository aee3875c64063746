using Microsoft.Extensions.Logging;
using Podwire.Iptables;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.Compile.Iptables;
using Podwire.Netlink.IpSet;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Apply.Iptables;

/// <summary>
/// The back end iptables: chains in the table filter of each family, and sets of ipset for peers. The kernel tells when chains change, but
/// not when sets do, nor of legacy tables: both are listed whenever something may have changed.
/// </summary>
internal sealed class IptablesTables : IPolicyTables
{
    /// <summary>The back end's name.</summary>
    public const string BackendName = "iptables";

    private readonly PolicyKernel kernel;
    private readonly IptablesPrograms programs;
    private readonly IpSetSocket sets;
    private readonly List<IptablesFamily> families = [];
    private readonly ILogger logger;
    private readonly IptablesFingerprint fingerprint;
    private bool isListed;

    /// <summary>Both families, as far as the namespace has them.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="keepEstablished">Connections that were accepted once go on.</param>
    /// <param name="logger">Where it is logged.</param>
    /// <param name="variant">Which iptables.</param>
    public IptablesTables(PolicyKernel kernel, bool keepEstablished, ILogger logger, IptablesVariant variant = IptablesVariant.Default)
    {
        (this.kernel, this.logger) = (kernel, logger);
        Settings = new(keepEstablished, HasVersionedNames: true, AnswerPath.Queue);
        programs = new(kernel.Namespace, variant);
        sets = kernel.In(IpSetSocket.Open);
        fingerprint = new(kernel, programs);
        foreach (var schema in TableSchema.All)
        {
            if (programs.Has(schema.Family))
            {
                families.Add(new(programs, sets, schema, Settings, logger));
            }
        }
    }

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    public TableSettings Settings { get; }

    /// <summary>What keeps this back end from working here, with its remedy; null if nothing does.</summary>
    public string? Lack => !programs.Exist ? "--backend iptables needs iptables-save and iptables-restore: apt-get install iptables"
        : sets.GetProtocol() is null ? "--backend iptables needs the kernel module ip_set: load it (modprobe ip_set), or use --backend nftables"
        : null;

    /// <inheritdoc/>
    /// <exception cref="IptablesException">iptables refused.</exception>
    /// <exception cref="Netlink.NetlinkException">ipset refused.</exception>
    public SyncOutcome Apply(PolicyModel model, TableChange change) => Sum(family => family.Apply(model, change));

    /// <inheritdoc/>
    public SyncOutcome Repair(PolicyModel model)
    {
        var outcome = Sum(family => family.Repair(model));
        if (!isListed || outcome != default)
        {
            PolicyLog.Verified(logger, outcome.Elements, outcome.Operations);
        }

        isListed = true;
        return outcome;
    }

    /// <inheritdoc/>
    public string Plan(PolicyModel model)
    {
        var parts = new List<string>();
        foreach (var family in families)
        {
            if (family.Plan(model) is { Length: > 0 } text)
            {
                parts.Add($"# {(family.Family == IpFamily.V4 ? "iptables" : "ip6tables")} and ipset\n{text}\n");
            }
        }

        return string.Concat(parts);
    }

    /// <inheritdoc/>
    public bool MayHaveChanged() => true;

    /// <inheritdoc/>
    public int? Fingerprint() => fingerprint.Read();

    /// <inheritdoc/>
    public bool IsPresent() => sets.GetProtocol() is not null
        && sets.List().Exists(static set => IptablesNames.IsOurSet(IpFamily.V4, set.Spec.Name) || IptablesNames.IsOurSet(IpFamily.V6, set.Spec.Name));

    /// <inheritdoc/>
    public void Remove()
    {
        var variants = programs.Variants();
        families.ForEach(family => family.Remove(variants));
    }

    /// <inheritdoc/>
    public List<IpAddress> ReadPending()
    {
        var found = new List<IpAddress>();
        families.ForEach(family => found.AddRange(family.ReadPending()));
        return found;
    }

    /// <inheritdoc/>
    public void SetPending(IReadOnlyCollection<IpAddress> addresses, bool isPending) => families.ForEach(family => family.SetPending(addresses, isPending));

    /// <inheritdoc/>
    public void EnsurePending(PolicyModel empty) => families.ForEach(family => family.EnsurePending(empty));

    /// <inheritdoc/>
    public Task WatchAsync(Action<string> foreign, Action unsure, CancellationToken cancel) => new NftChangeWatch(
        kernel.OpenMonitor(),
        change =>
        {
            if (!programs.IsOwn(change.PortId) && Concerns(change.Chains))
            {
                PolicyLog.ForeignChange(logger, change.ThreadName, change.ThreadId, change.Generation);
                foreign(change.ThreadName);
            }
        },
        unsure).RunAsync(cancel);

    /// <inheritdoc/>
    public void Dispose()
    {
        sets.Dispose();
        fingerprint.Dispose();
    }

    private static bool Concerns(IReadOnlyList<(TableId Table, string Chain)> chains)
    {
        foreach (var (table, chain) in chains)
        {
            if (table.Family is TableFamily.Ip or TableFamily.Ip6
                && ((table.Name == "filter" && (chain == "FORWARD" || IptablesNames.IsOurChain(chain))) || (table.Name == "mangle" && chain == IptablesNames.Answers)))
            {
                return true;
            }
        }

        return false;
    }

    private SyncOutcome Sum(Func<IptablesFamily, SyncOutcome> work)
    {
        SyncOutcome sum = default;
        foreach (var family in families)
        {
            var one = work(family);
            sum = new(sum.Batches + one.Batches, sum.Elements + one.Elements, sum.Operations + one.Operations);
        }

        return sum;
    }
}
