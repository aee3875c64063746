using Microsoft.Extensions.Logging;
using Podwire.Iptables;
using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Apply.Iptables;

/// <summary>
/// Keeps the chains of one family like their model. In the ordinary case a snapshot becomes one iptables-restore with the chains that changed
/// in it. At the start, after a failure and after a change by others the chains are listed, and those that differ are written.
/// </summary>
internal sealed class IptablesSync(IptablesPrograms programs, IpFamily family, ILogger logger)
{
    private IptablesModel? model;
    private bool isVerified;

    /// <summary>The family.</summary>
    public IpFamily Family => family;

    /// <summary>The model; null until the first snapshot.</summary>
    public IptablesModel? Model => model;

    /// <summary>True if the kernel is believed to hold what the model says, so that the next synchronisation writes changed chains alone.</summary>
    public bool IsVerified => isVerified;

    /// <summary>Says that the kernel may hold something else than the model: the next synchronisation lists the chains.</summary>
    public void Distrust() => isVerified = false;

    /// <summary>Takes in a snapshot (null: nothing changed) and brings the kernel up to it.</summary>
    /// <exception cref="IptablesException">It was refused; the model is right all the same, and the next call compares everything.</exception>
    public SyncOutcome Sync(ProxySnapshot? snapshot, IptablesSettings settings)
    {
        if (snapshot is not null && (model is null || model.Settings != settings))
        {
            var adopted = new IptablesModel(settings);
            _ = adopted.Apply(snapshot);
            (model, isVerified) = (adopted, false);
            return Repair();
        }

        if (model is null)
        {
            return SyncOutcome.Nothing;
        }

        var change = snapshot is null ? null : model.Apply(snapshot);
        if (!isVerified)
        {
            return Repair();
        }

        if (change is null || change.IsEmpty)
        {
            return SyncOutcome.Nothing with { FlowFrontends = change?.FlowFrontends ?? [] };
        }

        isVerified = false;
        programs.Restore(family, change.ToRestoreText());
        isVerified = true;
        return new(1, change.LineCount, change.FlowFrontends) { RulesTotal = model.RuleCounts, RulesWritten = change.RuleCounts };
    }

    /// <summary>What <see cref="Sync"/> would send for a snapshot that names every Service.</summary>
    public string Plan(ProxySnapshot snapshot, IptablesSettings settings)
    {
        var planned = new IptablesModel(settings);
        _ = planned.Apply(snapshot);
        return IptablesDiff.Between(programs.List(family), planned).ToRestoreText();
    }

    private SyncOutcome Repair()
    {
        var change = IptablesDiff.Between(programs.List(family), model!);
        if (!change.IsEmpty)
        {
            programs.Restore(family, change.ToRestoreText());
        }

        isVerified = true;
        IptablesLog.Verified(logger, family == IpFamily.V4 ? "iptables" : "ip6tables", change.Written.Count(), change.Deleted.Count, change.LineCount);
        return new(change.IsEmpty ? 0 : 1, change.LineCount, null) { RulesTotal = model!.RuleCounts, RulesWritten = change.RuleCounts };
    }
}
