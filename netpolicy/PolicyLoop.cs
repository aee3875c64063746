using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Podwire.Iptables;
using Podwire.Netlink;
using Podwire.NetPolicy.Apply;
using Podwire.NetPolicy.Apply.Iptables;
using Podwire.NetPolicy.Arrivals;
using Podwire.NetPolicy.Config;
using Podwire.NetPolicy.Domains;
using Podwire.NetPolicy.Health;
using Podwire.NetPolicy.State;
using Podwire.Ruleset;

namespace Podwire.NetPolicy;

/// <summary>
/// The table of contents: what the watches brought becomes a snapshot, the snapshot becomes the model's change, the change becomes one
/// transaction, and then pods that waited for it may begin. Run by a reconcile loop: never twice at a time, again after a failure.
/// </summary>
internal sealed class PolicyLoop(PolicyOptions options, Func<bool> isReady, PolicyState state, PolicyKernel kernel, PolicySync tables, ArrivalDesk arrivals, AnswerDesk answers, PolicyHealth health, PolicyMetrics metrics, ILogger logger)
{
    // Somebody may switch a sysctl off at any time, and nothing tells.
    private static readonly TimeSpan LookAtSettings = TimeSpan.FromSeconds(1);
    private long looked;
    private bool isAlone;

    /// <summary>One run.</summary>
    public Task RunOnceAsync(CancellationToken cancel)
    {
        if (looked == 0 || Stopwatch.GetElapsedTime(looked) > LookAtSettings)
        {
            CheckSettings();
            looked = Stopwatch.GetTimestamp();
        }

        if (!isReady())
        {
            return Task.CompletedTask;
        }

        var began = Stopwatch.GetTimestamp();
        var held = answers.Take();
        PolicySnapshot? snapshot;
        SyncOutcome outcome;
        bool repaired;
        try
        {
            snapshot = state.Take(everything: tables.NeedsEverything);
            outcome = tables.Sync(snapshot, out repaired);
        }
        finally
        {
            answers.Release(held);
        }

        if (repaired)
        {
            metrics.Repaired();
        }

        if (snapshot is not null || outcome.Batches > 0)
        {
            var took = Stopwatch.GetElapsedTime(began);
            metrics.Synced(took, outcome.Elements, tables.Model!.PolicyCount, tables.Model.ClassCount, tables.Model.PolicedCount);
            PolicyLog.Synced(logger, snapshot?.Count ?? 0, outcome.Elements, outcome.Operations, took.TotalMilliseconds);
        }

        if (!isAlone && tables.Model is not null)
        {
            BeAlone();
        }

        arrivals.Serve(tables);
        health.Done();
        return Task.CompletedTask;
    }

    /// <summary>Removes what another back end left. Both judge alike meanwhile, so what fails may be tried again by the next run.</summary>
    private void BeAlone()
    {
        try
        {
            if (PolicyBackends.RemoveOther(tables.Tables, options, kernel, logger) is { } other)
            {
                PolicyLog.OtherRemoved(logger, other, options.Backend);
            }

            isAlone = true;
        }
        catch (Exception e) when (e is IptablesException or NetlinkException or NftException)
        {
            PolicyLog.OtherStays(logger, e.Message);
        }
    }

    private void CheckSettings()
    {
        var problem = kernel.EnsureBridgeFiltering();
        if (health.Setting(problem))
        {
            if (problem is null)
            {
                PolicyLog.SettingMended(logger);
            }
            else
            {
                PolicyLog.Setting(logger, problem);
            }
        }
    }
}
