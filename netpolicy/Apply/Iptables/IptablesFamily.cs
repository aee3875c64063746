using Microsoft.Extensions.Logging;
using Podwire.Iptables;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.Compile.Iptables;
using Podwire.Netlink;
using Podwire.Netlink.IpSet;
using Podwire.Primitives;
using Podwire.Ruleset;
using Podwire.Ruleset.IpSets;

namespace Podwire.NetPolicy.Apply.Iptables;

/// <summary>
/// The chains and sets of one family. Sets are no part of iptables' transaction, so there is an order: what comes is put into sets first, then one
/// iptables-restore leads to them, then what goes is taken out. What a set means never changes, so in between each address is judged
/// either as before or as after.
/// </summary>
internal sealed class IptablesFamily(IptablesPrograms programs, IpSetSocket sockets, TableSchema schema, TableSettings settings, ILogger logger)
{
    private const int EntriesAtOnce = 1000;
    private readonly IptablesCompiler compiler = new(schema, settings);
    private readonly HashSet<string> dying = [];
    private readonly IptablesAnswers answers = new(programs, schema.Family);
    private string? problem;

    /// <summary>The family.</summary>
    public IpFamily Family => schema.Family;

    /// <summary>Sends what changed: one iptables-restore with the chains that differ, if any does.</summary>
    /// <exception cref="IptablesException">iptables refused.</exception>
    /// <exception cref="NetlinkException">ipset refused.</exception>
    public SyncOutcome Apply(PolicyModel model, TableChange change)
    {
        var (coming, going) = (new IpSetBatches(sockets), new IpSetBatches(sockets));
        foreach (var (table, set) in change.NewSets)
        {
            if (table == schema.Id)
            {
                Create(compiler.Spec(set));
            }
        }

        var text = new RestoreText();
        var slots = new HashSet<IpAddress>();
        foreach (var (table, set, removed, added) in change.ElementChanges)
        {
            if (table != schema.Id)
            {
                continue;
            }

            if (IptablesCompiler.IsPeers(set))
            {
                Change(compiler.Spec(set), removed, added, coming, going);
            }
            else
            {
                Addresses(removed, slots);
                Addresses(added, slots);
            }
        }

        foreach (var address in slots)
        {
            if (model.SlotAt(address) is { } slot)
            {
                text.Write(IptablesNames.Pod(address), compiler.Pod(address, slot));
            }
            else
            {
                text.Delete(IptablesNames.Pod(address));
            }
        }

        if (slots.Count > 0)
        {
            text.Write(IptablesNames.Root, compiler.Root(model));
        }

        var areAnswersOthers = false;
        foreach (var (table, chain) in change.WrittenChains)
        {
            areAnswersOthers |= table == schema.Id && chain.Base is not null;
            if (table == schema.Id && IptablesCompiler.IsClass(chain.Name))
            {
                text.Write(IptablesNames.Class(chain.Name, false), compiler.Class(chain, false));
                text.Write(IptablesNames.Class(chain.Name, true), compiler.Class(chain, true));
            }
        }

        foreach (var (table, chain) in change.GoneChains)
        {
            areAnswersOthers |= table == schema.Id && chain.Base is not null;
            if (table == schema.Id && IptablesCompiler.IsClass(chain.Name))
            {
                text.Delete(IptablesNames.Class(chain.Name, false));
                text.Delete(IptablesNames.Class(chain.Name, true));
            }
        }

        coming.Send();
        if (!text.IsEmpty)
        {
            programs.Restore(schema.Family, text.ToString());
        }

        if (areAnswersOthers)
        {
            WriteAnswers(compiler.Answers(model));
        }

        going.Send();
        foreach (var (table, set) in change.GoneSets)
        {
            if (table == schema.Id)
            {
                dying.Add(compiler.Spec(set).Name);
            }
        }

        Bury();
        var entries = coming.Count + going.Count;
        return text.IsEmpty && entries == 0 ? default : new(text.IsEmpty ? 0 : 1, entries, text.LineCount);
    }

    /// <summary>Lists chains and sets and sends what differs.</summary>
    public SyncOutcome Repair(PolicyModel model) => Repair(compiler.Whole(model), compiler.Answers(model), isPlan: false).Outcome;

    /// <summary>What <see cref="Repair(PolicyModel)"/> would send, as iptables-restore and ipset take it.</summary>
    public string Plan(PolicyModel model) => Repair(compiler.Whole(model), compiler.Answers(model), isPlan: true).Text;

    /// <summary>Removes what is there.</summary>
    public void Remove(IReadOnlyList<IptablesPrograms> variants)
    {
        foreach (var variant in variants)
        {
            new IptablesAnswers(variant, schema.Family).Write([]);
            var listing = IptablesListing.Read(variant.Save(schema.Family, "-t", "filter"));
            var text = new RestoreText();
            text.RemoveJump(listing.Forward.FindAll(static rule => rule == IptablesCompiler.Jump).Count);
            foreach (var chain in listing.Chains.Keys)
            {
                text.Delete(chain);
            }

            if (!text.IsEmpty)
            {
                variant.Restore(schema.Family, text.ToString());
            }
        }

        foreach (var set in OwnSets())
        {
            dying.Add(set.Spec.Name);
        }

        // nf_tables lets go of the sets of deleted rules some milliseconds after the commit.
        for (var i = 0; i < 200 && dying.Count > 0; i++)
        {
            Bury();
            if (dying.Count > 0)
            {
                Thread.Sleep(10);
            }
        }
    }

    /// <summary>The addresses that are put aside.</summary>
    public List<IpAddress> ReadPending()
    {
        var found = new List<IpAddress>();
        foreach (var entry in sockets.Get(compiler.Pending.Name)?.Entries ?? [])
        {
            found.Add(entry.Address.Address);
        }

        return found;
    }

    /// <summary>Puts addresses of this family aside, or lets go of them.</summary>
    public void SetPending(IReadOnlyCollection<IpAddress> addresses, bool isPending)
    {
        var batches = new IpSetBatches(sockets);
        sockets.Create(compiler.Pending);
        foreach (var address in addresses)
        {
            if (address.Family == schema.Family)
            {
                batches.Add(compiler.Pending, IpSetEntry.Of(address), isPending);
            }
        }

        batches.Send();
    }

    /// <summary>Leads packets to the addresses that are put aside, unless they are led to our chains already.</summary>
    public void EnsurePending(PolicyModel empty)
    {
        sockets.Create(compiler.Pending);
        var listing = IptablesListing.Read(programs.Save(schema.Family, "-t", "filter"));
        if (listing.Forward is not [IptablesCompiler.Jump, ..] || !listing.Chains.ContainsKey(IptablesNames.Root))
        {
            programs.Restore(schema.Family, Compare(compiler.Whole(empty), listing).ToString());
        }
    }

    private (SyncOutcome Outcome, string Text) Repair(IptablesPlan plan, string[] answerRules, bool isPlan)
    {
        var actual = new Dictionary<string, IpSet>(StringComparer.Ordinal);
        foreach (var set in OwnSets())
        {
            actual[set.Spec.Name] = set;
        }

        var (coming, going, told) = (new IpSetBatches(sockets), new IpSetBatches(sockets), new List<string>());
        if (!isPlan)
        {
            sockets.Create(compiler.Pending);
        }

        foreach (var (name, (spec, entries)) in plan.Sets)
        {
            if (!actual.TryGetValue(name, out var there) || there.Spec.Type != spec.Type)
            {
                told.Add($"create {name} {spec.Type.Name()} family {(schema.Family == IpFamily.V4 ? "inet" : "inet6")} maxelem {spec.MaxElements}");
                if (!isPlan)
                {
                    Create(spec);
                }
            }

            var before = there is null || there.Spec.Type != spec.Type ? [] : new HashSet<IpSetEntry>(there.Entries.AsSpan().ToArray());
            foreach (var entry in entries)
            {
                if (!before.Contains(entry))
                {
                    coming.Add(spec, entry, isAdded: true);
                }
            }

            foreach (var entry in before)
            {
                if (!entries.Contains(entry))
                {
                    going.Add(spec, entry, isAdded: false);
                }
            }

            dying.Remove(name);
        }

        var text = Compare(plan, IptablesListing.Read(programs.Save(schema.Family, "-t", "filter")));
        var gone = new List<string>(actual.Keys).FindAll(name => name != compiler.Pending.Name && !plan.Sets.ContainsKey(name));
        if (isPlan)
        {
            told.AddRange(coming.Lines());
            told.Add(text.IsEmpty ? string.Empty : text.ToString());
            told.Add(answers.Plan(answerRules));
            told.AddRange(going.Lines());
            told.AddRange(gone.ConvertAll(static name => $"destroy {name}"));
            return (default, string.Join('\n', told.FindAll(static line => line.Length > 0)));
        }

        coming.Send();
        if (!text.IsEmpty)
        {
            programs.Restore(schema.Family, text.ToString());
        }

        WriteAnswers(answerRules);
        going.Send();
        dying.UnionWith(gone);
        Bury();
        return (new(text.IsEmpty ? 0 : 1, coming.Count + going.Count, text.LineCount), string.Empty);
    }

    /// <summary>Without it wildcards accept nothing new; everything else is as it should be.</summary>
    private void WriteAnswers(string[] rules)
    {
        try
        {
            answers.Write(rules);
            problem = null;
        }
        catch (IptablesException e) when (rules.Length > 0)
        {
            if (problem != e.Message)
            {
                PolicyLog.AnswersUnobserved(logger, e.Message);
            }

            problem = e.Message;
        }
    }

    private static RestoreText Compare(IptablesPlan plan, IptablesListing actual)
    {
        var text = new RestoreText();
        foreach (var (chain, rules) in plan.Chains)
        {
            if (!actual.Chains.TryGetValue(chain, out var there) || !there.ToArray().AsSpan().SequenceEqual(rules))
            {
                text.Write(chain, rules);
            }
        }

        foreach (var chain in actual.Chains.Keys)
        {
            if (!plan.Chains.ContainsKey(chain))
            {
                text.Delete(chain);
            }
        }

        // First, or a rule of somebody else that accepts what is established, or what the service proxy marked, would come before it.
        var jumps = actual.Forward.FindAll(static rule => rule == IptablesCompiler.Jump).Count;
        if (jumps != 1 || actual.Forward[0] != IptablesCompiler.Jump)
        {
            text.PutJump(jumps);
        }

        return text;
    }

    private static void Change(IpSetSpec spec, List<SetElement> removed, List<SetElement> added, IpSetBatches coming, IpSetBatches going)
    {
        var (before, after) = (new HashSet<IpSetEntry>(), new HashSet<IpSetEntry>());
        removed.ForEach(element => IptablesCompiler.Collect(element, before));
        added.ForEach(element => IptablesCompiler.Collect(element, after));
        foreach (var entry in after)
        {
            if (!before.Contains(entry))
            {
                coming.Add(spec, entry, isAdded: true);
            }
        }

        foreach (var entry in before)
        {
            if (!after.Contains(entry))
            {
                going.Add(spec, entry, isAdded: false);
            }
        }
    }

    private static void Addresses(List<SetElement> elements, HashSet<IpAddress> into)
    {
        foreach (var element in elements)
        {
            // Of a pair of a pod with itself the first half says it all.
            into.Add(IpAddress.FromBytes(element.Key.Span[..(element.Key.Length is 4 or 8 ? 4 : 16)]));
        }
    }

    private List<IpSet> OwnSets() => sockets.List().FindAll(set => IptablesNames.IsOurSet(schema.Family, set.Spec.Name));

    private void Create(IpSetSpec spec)
    {
        sockets.Create(spec);
        if (dying.Remove(spec.Name))
        {
            sockets.Flush(spec.Name);
        }
    }

    /// <summary>Destroys what no rule uses any more; what the kernel still holds on to is tried again the next time.</summary>
    private void Bury()
    {
        foreach (var name in new List<string>(dying))
        {
            try
            {
                sockets.Destroy(name);
                dying.Remove(name);
            }
            catch (NetlinkException)
            {
                // In use by rules that are being freed.
            }
        }
    }

    private sealed class IpSetBatches(IpSetSocket socket)
    {
        private readonly List<(IpSetSpec Set, IpSetEntry Entry, bool IsAdded)> changes = [];

        public int Count => changes.Count;

        public void Add(IpSetSpec set, IpSetEntry entry, bool isAdded) => changes.Add((set, entry, isAdded));

        public void Send()
        {
            for (var at = 0; at < changes.Count; at += EntriesAtOnce)
            {
                var batch = new IpSetBatch();
                foreach (var (set, entry, isAdded) in changes.GetRange(at, Math.Min(EntriesAtOnce, changes.Count - at)))
                {
                    if (isAdded)
                    {
                        batch.Add(set, entry);
                    }
                    else
                    {
                        batch.Delete(set, entry);
                    }
                }

                socket.Execute(batch);
            }
        }

        public List<string> Lines() => changes.ConvertAll(static change => $"{(change.IsAdded ? "add" : "del")} {change.Set.Name} {change.Entry}");
    }
}
