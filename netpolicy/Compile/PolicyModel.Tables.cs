using System.Runtime.InteropServices;
using Podwire.NetPolicy.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Compile;

/// <content>What a transaction is told of classes, groups and families that come or go.</content>
internal sealed partial class PolicyModel
{
    /// <summary>Tells the transaction of all that a class has, as it was or as it is to be.</summary>
    private void Tell(PolicyClass one, bool goes, ModelRun run)
    {
        for (var i = 0; i < TableSchema.All.Length; i++)
        {
            if (inUse[i])
            {
                Tell(one, i, goes, run.Change);
            }
        }
    }

    private void Tell(PolicyClass one, int family, bool goes, TableChange? change)
    {
        var schema = TableSchema.All[family];
        var sets = one.SetsOf(schema);
        foreach (var set in sets.OfBlocks)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(blocks[family], set.Name, out _);
            known = (set, known.Users + (goes ? -1 : 1));
            var isFirstOrLast = known.Users == (goes ? 0 : 1);
            if (known.Users == 0)
            {
                blocks[family].Remove(set.Name);
            }

            if (isFirstOrLast && change is not null)
            {
                TellSet(change, schema, set, goes);
            }
        }

        if (change is null)
        {
            return;
        }

        foreach (var chain in chains[family].Class(one, sets))
        {
            if (goes)
            {
                change.ChainGoes(schema.Id, chain);
            }
            else
            {
                change.ChainComes(schema.Id, chain);
            }
        }

        foreach (var set in sets.Own)
        {
            TellSet(change, schema, set, goes);
        }

        var found = new List<NftSet>();
        foreach (var (address, may) in one.Peers)
        {
            if (address.Family == schema.Family)
            {
                found.Clear();
                sets.Collect(address, may, found);
                found.ForEach(set => TellElement(change, schema, set, SetElement.Of(NftScalar.Address(address)), goes));
            }
        }
    }

    private static void TellSet(TableChange change, TableSchema schema, NftSet set, bool goes)
    {
        var declaration = set.Elements.IsEmpty ? set : set with { Elements = [] };
        if (goes)
        {
            change.SetGoes(schema.Id, declaration);
        }
        else
        {
            change.SetComes(schema.Id, declaration);
        }

        foreach (var element in set.Elements)
        {
            TellElement(change, schema, declaration, element, goes);
        }
    }

    /// <summary>The set of a group in one family, as it is in the kernel or is to be.</summary>
    private static void Tell(PeerGroup group, TableSchema schema, bool goes, TableChange change)
    {
        var set = GroupSet(group, schema);
        var elements = ElementsOf(group.Elements!, schema.Family);
        TellSet(change, schema, set, goes);
        if (!goes)
        {
            change.ElementsCome(schema.Id, set, elements.AsSpan());
            return;
        }

        foreach (var element in elements)
        {
            change.ElementGoes(schema.Id, set, element);
        }
    }

    private static NftSet GroupSet(PeerGroup group, TableSchema schema) => new() { Name = group.SetName, Key = [schema.Address] };

    /// <summary>A class begins to ask the sets of its groups: those that nobody asked before are made.</summary>
    private void Ask(PolicyClass one, ModelRun run)
    {
        foreach (var group in one.Asked.Shared)
        {
            if (++group.SetUsers > 1 || group.Elements is not null)
            {
                continue;
            }

            group.Elements = [];
            foreach (var member in group.Members)
            {
                foreach (var address in member.Addresses)
                {
                    if (IsMember(group, address))
                    {
                        group.Elements.Add(address);
                    }
                }
            }

            for (var i = 0; i < TableSchema.All.Length; i++)
            {
                if (inUse[i] && run.Change is { } change)
                {
                    Tell(group, TableSchema.All[i], goes: false, change);
                }
            }
        }
    }

    /// <summary>Sets of groups that nobody asks any more go with all that is in them.</summary>
    private void RetireGroups(ModelRun run)
    {
        foreach (var group in run.Unasked)
        {
            if (group.SetUsers > 0 || group.Elements is null)
            {
                continue;
            }

            group.Elements = null;
            for (var i = 0; i < TableSchema.All.Length; i++)
            {
                if (inUse[i])
                {
                    run.Change?.WholeSetGoes(TableSchema.All[i].Id, GroupSet(group, TableSchema.All[i]));
                }
            }
        }
    }

    /// <summary>True if one of those who have the address is in the group.</summary>
    private bool IsMember(PeerGroup group, IpAddress address)
    {
        foreach (var holder in Holders(address))
        {
            if (Array.IndexOf(holder.Groups, group) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Classes have chains and sets in a family only while the node has a pod in it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="begins">Families that come into use, before anything else; otherwise those that go out of use, behind everything.</param>
    private void UseFamilies(ModelRun run, bool begins)
    {
        for (var i = 0; i < inUse.Length; i++)
        {
            if (localPods[i] > 0 != begins || inUse[i] == begins)
            {
                continue;
            }

            inUse[i] = begins;
            foreach (var one in classes.Values)
            {
                Tell(one, i, goes: !begins, run.Change);
            }

            if (run.Change is { } change)
            {
                foreach (var group in groups.Values)
                {
                    if (group.Elements is not null)
                    {
                        Tell(group, TableSchema.All[i], goes: !begins, change);
                    }
                }
            }
        }
    }

    private static void TellElement(TableChange change, TableSchema schema, SetObject set, SetElement element, bool goes)
    {
        if (goes)
        {
            change.ElementGoes(schema.Id, set, element);
        }
        else
        {
            change.ElementComes(schema.Id, set, element);
        }
    }
}
