using System.Collections.Immutable;
using Podwire.NetPolicy.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Compile;

/// <summary>Who gets answers of the resolver that are to be looked at: pods whose policies have domain names with wildcards. Without such a pod there is no chain for it.</summary>
internal sealed partial class PolicyModel
{
    private readonly int[] observedPods = new int[TableSchema.All.Length];
    private readonly Chain[][] answerChains = [.. TableSchema.All.Select(static _ => Array.Empty<Chain>())];
    private ResolverAddress[] resolvers = [];

    /// <summary>The addresses of pods of this node whose policies have wildcards. Any thread may read it.</summary>
    public ImmutableHashSet<IpAddress> Observed { get; private set; } = [];

    /// <summary>The resolvers whose answers to <see cref="Observed"/> are looked at, of one family; none where nobody is observed.</summary>
    public ResolverAddress[] ResolversOf(IpFamily family) =>
        observedPods[Array.IndexOf(TableSchema.All, TableSchema.Of(family))] == 0 ? [] : Array.FindAll(resolvers, resolver => resolver.Address.Family == family);

    private void Observe(IpAddress address, PodSlot? before, PodSlot? after, ModelRun run)
    {
        var (was, isNow) = (before?.IsObserved == true, after?.IsObserved == true);
        if (was == isNow)
        {
            return;
        }

        var schema = TableSchema.Of(address.Family);
        var family = Array.IndexOf(TableSchema.All, schema);
        observedPods[family] += isNow ? 1 : -1;
        Observed = isNow ? Observed.Add(address) : Observed.Remove(address);
        if (answerChains[family].Length > 0 && run.Change is { } change)
        {
            TellElement(change, schema, schema.Clients, SetElement.Of(NftScalar.Address(address)), goes: was);
        }
    }

    /// <summary>The chains come with the first pod and go with the last, and follow the resolvers.</summary>
    private void UpdateAnswers(ModelRun run)
    {
        for (var i = 0; i < TableSchema.All.Length; i++)
        {
            var schema = TableSchema.All[i];
            var (before, after) = (answerChains[i], chains[i].Answers(ResolversOf(schema.Family)));
            if (before.AsSpan().SequenceEqual(after))
            {
                continue;
            }

            answerChains[i] = after;
            if (run.Change is not { } change)
            {
                continue;
            }

            Array.ForEach(before, chain => change.ChainGoes(schema.Id, chain));
            Array.ForEach(after, chain => change.ChainComes(schema.Id, chain));
            if (before.Length == 0)
            {
                change.SetComes(schema.Id, schema.Clients);
                foreach (var element in Clients(schema))
                {
                    change.ElementComes(schema.Id, schema.Clients, element);
                }
            }
            else if (after.Length == 0)
            {
                change.SetGoes(schema.Id, schema.Clients);
            }
        }
    }

    private List<SetElement> Clients(TableSchema schema)
    {
        var found = new List<SetElement>();
        foreach (var address in Observed)
        {
            if (address.Family == schema.Family)
            {
                found.Add(SetElement.Of(NftScalar.Address(address)));
            }
        }

        return found;
    }
}
