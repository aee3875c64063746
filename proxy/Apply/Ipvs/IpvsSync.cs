using Microsoft.Extensions.Logging;
using Podwire.Iptables;
using Podwire.Netlink;
using Podwire.Netlink.Ipvs;
using Podwire.Primitives;
using Podwire.Proxy.Apply.Iptables;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.Compile.Ipvs;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Apply.Ipvs;

/// <summary>
/// Keeps one family like its model. In the ordinary case a snapshot becomes the messages that its change needs. At the start, after a failure, and
/// once per period (IPVS and ipset announce nothing) everything is read back and only differences are sent.
/// </summary>
internal sealed class IpvsSync(IpvsKernel kernel, IptablesPrograms programs, IpFamily family, IReadOnlyList<IpPrefix> exclude, ILogger logger)
{
    private readonly IpvsDrain drain = new(logger);
    private IpvsModel? model;
    private bool isVerified;

    /// <summary>The family.</summary>
    public IpFamily Family => family;

    /// <summary>The model; null until the first snapshot.</summary>
    public IpvsModel? Model => model;

    /// <summary>True if destinations wait for their last connection to end.</summary>
    public bool IsDraining => drain.IsActive;

    /// <summary>True if the kernel is believed to hold what the model says, so that the next synchronisation sends changes alone.</summary>
    public bool IsVerified => isVerified;

    /// <summary>Says that the kernel may hold something else than the model: the next synchronisation reads it back.</summary>
    public void Distrust() => isVerified = false;

    /// <summary>Takes in a snapshot (null: nothing changed) and brings the kernel up to it.</summary>
    /// <exception cref="NetlinkException">The kernel refused; the model is right all the same, and the next call repairs.</exception>
    /// <exception cref="IptablesException">iptables-restore refused the chains.</exception>
    public SyncOutcome Sync(ProxySnapshot? snapshot, NodeState node, IpvsSettings settings)
    {
        IpvsChange? change = null;
        if (model is null)
        {
            if (snapshot is null)
            {
                return SyncOutcome.Nothing;
            }

            model = new(settings);
            _ = model.Apply(snapshot);
            isVerified = false;
        }
        else
        {
            change = snapshot is null ? null : model.Apply(snapshot);
            if (!model.Settings.Equals(settings))
            {
                model = model.With(settings, node);
                isVerified = false;
            }
        }

        if (!isVerified)
        {
            return Repair(change?.FlowFrontends);
        }

        var removed = drain.IsActive ? drain.Collect(kernel.Ipvs) : 0;
        if (change is null || change.IsEmpty)
        {
            return new(removed == 0 ? 0 : 1, removed, change?.FlowFrontends ?? []);
        }

        isVerified = false;
        var count = Apply(change);
        if (change.DeniedChanged)
        {
            count += RestoreChains();
        }

        isVerified = true;
        return new(1, count + removed, change.FlowFrontends);
    }

    /// <summary>What <see cref="Sync"/> would send for a snapshot that names every Service.</summary>
    public string Plan(ProxySnapshot snapshot, IpvsSettings settings)
    {
        var planned = new IpvsModel(settings);
        _ = planned.Apply(snapshot);
        var change = IpvsDiff.Between(kernel.ReadServices(family), kernel.ReadAddresses(family), kernel.ReadEntries(family), planned, exclude);
        return IpvsDiff.Describe(change, family) + IpvsChainsDiff.Between(programs.List(family), settings, planned.DeniedToNode).ToRestoreText();
    }

    /// <summary>What a comparison of everything would change now, as text. Reads the kernel over sockets of its own, so on any thread.</summary>
    public string Difference(IpvsKernel reader) => model is null ? string.Empty
        : IpvsDiff.Describe(IpvsDiff.Between(reader.ReadServices(family), reader.ReadAddresses(family), reader.ReadEntries(family), model, exclude), family)
            + IpvsChainsDiff.Between(programs.List(family), model.Settings, model.DeniedToNode).ToRestoreText();

    private SyncOutcome Repair(IReadOnlyList<FrontendKey>? flows)
    {
        var made = (kernel.EnsureDevice() ? 1 : 0) + kernel.EnsureSets(family);
        var services = kernel.ReadServices(family);
        FindDraining(services);
        kernel.Expect(family, model!.Addresses);
        var change = IpvsDiff.Between(services, kernel.ReadAddresses(family), kernel.ReadEntries(family), model!, exclude);
        var count = made + Apply(change);
        var rules = RestoreChains();
        var removed = drain.Collect(kernel.Ipvs);
        isVerified = true;
        if (count + rules > 0)
        {
            IpvsLog.Verified(
                logger, family == IpFamily.V4 ? "IPv4" : "IPv6", change.Services.Count, change.AddressesAdded.Count + change.AddressesRemoved.Count, change.EntriesAdded.Count + change.EntriesRemoved.Count, rules);
        }

        // Where nothing differed no flow can be stale, but for those of frontends that the snapshot itself changed.
        return new(count + rules + removed == 0 ? 0 : 1, count + rules, count == 0 ? flows ?? [] : null);
    }

    private int RestoreChains()
    {
        var chains = IpvsChainsDiff.Between(programs.List(family), model!.Settings, model.DeniedToNode);
        if (!chains.IsEmpty)
        {
            programs.Restore(family, chains.ToRestoreText());
        }

        return chains.LineCount;
    }

    /// <summary>Destinations of weight 0 that nobody asks for were on their way out when this process, or the one before, last looked.</summary>
    private void FindDraining(List<IpvsService> services)
    {
        drain.Clear();
        foreach (var service in services)
        {
            if (model!.Find(service.Key) is not { } desired)
            {
                continue;
            }

            foreach (var destination in service.Destinations)
            {
                if (destination.Weight == 0 && !Has(desired, destination))
                {
                    drain.Add(service.Key, destination);
                }
            }
        }
    }

    /// <summary>
    /// In an order in which a packet finds either the old or the new: a Service is there before its address leads here, and what says how its
    /// traffic is masqueraded before that too.
    /// </summary>
    /// <returns>How many messages that were.</returns>
    private int Apply(IpvsChange change)
    {
        var batch = kernel.Ipvs.NewBatch();
        foreach (var (before, after) in change.Services)
        {
            if (after is not null)
            {
                Change(batch, before, after);
            }
        }

        kernel.Ipvs.Execute(batch);
        var count = batch.Count + change.EntriesAdded.Count + change.EntriesRemoved.Count + change.AddressesAdded.Count + change.AddressesRemoved.Count;
        kernel.AddEntries(change.EntriesAdded, family, set => model!.Entries.Where(entry => entry.Set == set).Select(static entry => entry.Entry));
        kernel.ChangeAddresses(change.AddressesAdded, change.AddressesRemoved);
        kernel.RemoveEntries(change.EntriesRemoved, family);
        batch = kernel.Ipvs.NewBatch();
        foreach (var (before, after) in change.Services)
        {
            if (after is null)
            {
                drain.Forget(before!.Key);
                batch.DeleteService(before.Key);
            }
        }

        foreach (var failure in kernel.Ipvs.TryExecute(batch))
        {
            if (failure.Errno != Errno.ESRCH)
            {
                throw failure;
            }
        }

        return count + batch.Count;
    }

    private void Change(IpvsBatch batch, IpvsService? before, IpvsService after)
    {
        if (before is null)
        {
            batch.AddService(after);
        }
        else if (!before.HasSettingsOf(after))
        {
            batch.SetService(after);
        }

        var present = new Dictionary<(IpAddress, ushort), IpvsDestination>();
        foreach (var destination in before?.Destinations ?? [])
        {
            present[(destination.Address, destination.Port)] = destination;
        }

        foreach (var destination in after.Destinations)
        {
            var isThere = present.Remove((destination.Address, destination.Port), out var old);
            // Not to be hidden by the first condition: a destination that comes back is no longer on its way out.
            var isDraining = drain.Revive(after.Key, destination);
            if (isDraining || (isThere && old.Weight != destination.Weight))
            {
                batch.SetDestination(after.Key, destination);
            }
            else if (!isThere)
            {
                batch.AddDestination(after.Key, destination);
            }
        }

        foreach (var destination in present.Values)
        {
            if (IpvsDrain.IsAtOnce(after.Key.Protocol))
            {
                batch.DeleteDestination(after.Key, destination);
            }
            else if (destination.Weight != 0)
            {
                batch.SetDestination(after.Key, destination with { Weight = 0 });
                drain.Add(after.Key, destination);
            }
        }
    }

    private static bool Has(IpvsService service, IpvsDestination destination)
    {
        foreach (var wanted in service.Destinations)
        {
            if (wanted.Address == destination.Address && wanted.Port == destination.Port)
            {
                return true;
            }
        }

        return false;
    }
}
