using Podwire.Kube;
using Podwire.NetPolicy.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Compile;

/// <summary>
/// The tables of this node as they should be. Selectors, groups of peers and classes of pods are indexed, so that a change is compiled from what
/// it names and becomes as many elements as differ. Only policies that select a pod of this node are compiled. No I/O, no clock.
/// </summary>
internal sealed partial class PolicyModel
{
    private const string TableComment = "rules of podwire-netpolicy; changes by others are undone";

    private readonly string node;
    private readonly Dictionary<ObjectKey, Entity> pods = [];
    private readonly Dictionary<string, NamespacePods> podsByNamespace = [];
    private readonly Dictionary<string, Entity> nodes = [];
    private readonly Dictionary<string, Entity> domains = [];
    private readonly Dictionary<string, LabelSet> namespaces = [];
    private readonly Dictionary<PolicyId, PolicyRecord> policies = [];
    private readonly Dictionary<IpAddress, Entity[]> claims = [];
    private readonly Dictionary<string, Dictionary<(IpProtocol Protocol, ushort Port), int>> portNames = [];
    private readonly Dictionary<string, PeerGroup> groups = [];
    private readonly Dictionary<string, PolicyClass> classes = [];
    private readonly Dictionary<IpAddress, PodSlot> slots = [];
    private readonly SelectorIndex<PolicyId> subjects = new();
    private readonly SelectorIndex<PeerGroup> podGroups = new();
    private readonly ChainCompiler[] chains;
    private readonly int[] localPods = new int[TableSchema.All.Length];
    private readonly Dictionary<string, (NftSet Set, int Users)>[] blocks = [[], []];
    private readonly bool[] inUse = new bool[TableSchema.All.Length];

    /// <summary>An empty model.</summary>
    /// <param name="node">The node whose pods are policed.</param>
    /// <param name="settings">What all rules depend on.</param>
    public PolicyModel(string node, TableSettings settings)
    {
        this.node = node;
        Settings = settings;
        chains = [.. TableSchema.All.Select(schema => new ChainCompiler(schema, settings))];
    }

    /// <summary>What all rules depend on.</summary>
    public TableSettings Settings { get; }

    /// <summary>How many policies there are, of this node or not.</summary>
    public int PolicyCount => policies.Count;

    /// <summary>How many classes the pods of this node have.</summary>
    public int ClassCount => classes.Count;

    /// <summary>How many addresses of this node are policed.</summary>
    public int PolicedCount => slots.Count;

    /// <summary>Takes in a snapshot and returns what changes by it.</summary>
    public TableChange Apply(PolicySnapshot snapshot)
    {
        var change = new TableChange();
        Take(snapshot, new(change));
        return change;
    }

    /// <summary>Takes in a snapshot without saying what changes, for a first load or a repair.</summary>
    public void Absorb(PolicySnapshot snapshot) => Take(snapshot, new(null));

    /// <summary>The namespaces in which a policy selects pods, or may select one that begins.</summary>
    public bool IsPoliced(string ns) => policies.Values.Any(policy =>
        policy.Subject.Namespace is { } own ? own == ns : policy.Subject.Namespaces!.Matches(LabelsOf(ns)));

    /// <summary>The pod that has an address; null if none has.</summary>
    public PodRecord? PodAt(IpAddress address) => claims.TryGetValue(address, out var holders) ? Owner(holders)?.Pod : null;

    /// <summary>What the maps of pods hold for an address; null if it is not policed here.</summary>
    public PodSlot? SlotAt(IpAddress address) => slots.GetValueOrDefault(address);

    /// <summary>The policed addresses of a family, in order.</summary>
    public List<(IpAddress Address, PodSlot Slot)> SlotsOf(IpFamily family)
    {
        var found = new List<(IpAddress Address, PodSlot Slot)>();
        foreach (var (address, slot) in slots)
        {
            if (address.Family == family)
            {
                found.Add((address, slot));
            }
        }

        found.Sort(static (a, b) => a.Address.CompareTo(b.Address));
        return found;
    }

    /// <summary>The whole table of a family as it should be.</summary>
    public Table ToTable(TableSchema schema)
    {
        var compiler = chains[Array.IndexOf(TableSchema.All, schema)];
        var all = new List<Chain>(compiler.Fixed());
        var sets = new List<SetObject>();
        List<SetElement> ingress = [], egress = [], self = [];
        foreach (var (address, slot) in slots)
        {
            if (address.Family != schema.Family)
            {
                continue;
            }

            foreach (var (set, element) in SlotElements(schema, address, slot))
            {
                (set == (SetObject)schema.Ingress ? ingress : set == (SetObject)schema.Egress ? egress : self).Add(element);
            }
        }

        sets.Add(schema.Pending);
        sets.Add(schema.Ingress with { Elements = ValueList.From(ingress) });
        sets.Add(schema.Egress with { Elements = ValueList.From(egress) });
        sets.Add(schema.Self with { Elements = ValueList.From(self) });
        var family = Array.IndexOf(TableSchema.All, schema);
        if (answerChains[family] is { Length: > 0 } answers)
        {
            all.AddRange(answers);
            sets.Add(schema.Clients with { Elements = ValueList.From(Clients(schema)) });
        }

        foreach (var (set, _) in blocks[family].Values)
        {
            sets.Add(set);
        }

        foreach (var group in inUse[family] ? groups.Values : (IEnumerable<PeerGroup>)[])
        {
            if (group.Elements is { } members)
            {
                sets.Add(GroupSet(group, schema) with { Elements = ElementsOf(members, schema.Family) });
            }
        }

        foreach (var one in inUse[family] ? [.. classes.Values] : Array.Empty<PolicyClass>())
        {
            var own = one.SetsOf(schema);
            all.AddRange(compiler.Class(one, own));
            var elements = own.Own.ToDictionary(static set => set.Name, static _ => new List<SetElement>());
            var found = new List<NftSet>();
            foreach (var (address, may) in one.Peers)
            {
                if (address.Family == schema.Family)
                {
                    found.Clear();
                    own.Collect(address, may, found);
                    found.ForEach(set => elements[set.Name].Add(SetElement.Of(NftScalar.Address(address))));
                }
            }

            sets.AddRange(own.Own.Select(set => set with { Elements = ValueList.From(elements[set.Name]) }));
        }

        return new() { Id = schema.Id, Comment = TableComment, Chains = ValueList.From(all), Sets = ValueList.From(sets) };
    }

    private void Take(PolicySnapshot snapshot, ModelRun run)
    {
        if (pods.Count == 0)
        {
            pods.EnsureCapacity(snapshot.Pods.Count);
            claims.EnsureCapacity(snapshot.Pods.Count);
            run.Pods.EnsureCapacity(snapshot.Pods.Count);
            policies.EnsureCapacity(snapshot.Policies.Count);
            run.Policies.EnsureCapacity(snapshot.Policies.Count);
            namespaces.EnsureCapacity(snapshot.Namespaces.Count);
        }

        foreach (var (name, labels) in snapshot.Namespaces)
        {
            TakeNamespace(name, labels, run);
        }

        foreach (var (id, policy) in snapshot.Policies)
        {
            TakePolicy(id, policy, run);
        }

        foreach (var (name, record) in snapshot.Nodes)
        {
            TakeNode(name, record, run);
        }

        foreach (var (domain, addresses) in snapshot.Domains)
        {
            TakeDomain(domain, addresses, run);
        }

        resolvers = snapshot.Resolvers ?? resolvers;
        foreach (var (key, pod) in snapshot.Pods)
        {
            TakePod(key, pod, run);
        }

        UseFamilies(run, begins: true);
        SelectClasses(run);
        BuildClasses(run);
        EvaluateGroups(run);
        FillClasses(run);
        UpdateMembers(run);
        UpdatePeers(run);
        UpdateSlots(run);
        UpdateAnswers(run);
        RetireClasses(run);
        RetireGroups(run);
        UseFamilies(run, begins: false);
    }

    private static ValueList<SetElement> ElementsOf(HashSet<IpAddress> addresses, IpFamily family)
    {
        var found = new List<SetElement>(addresses.Count);
        foreach (var address in addresses)
        {
            if (address.Family == family)
            {
                found.Add(SetElement.Of(NftScalar.Address(address)));
            }
        }

        return ValueList.Adopt(found.ToArray());
    }

    private LabelSet LabelsOf(string ns) => namespaces.TryGetValue(ns, out var labels) ? labels : LabelSet.Of([new("kubernetes.io/metadata.name", ns)]);

    private static IEnumerable<(SetObject Set, SetElement Element)> SlotElements(TableSchema schema, IpAddress address, PodSlot slot)
    {
        if (slot.Ingress is not null)
        {
            yield return (schema.Ingress, ChainCompiler.Pod(address, slot.Ingress, isIngress: true, slot.Pod));
        }

        if (slot.Egress is not null)
        {
            yield return (schema.Egress, ChainCompiler.Pod(address, slot.Egress, isIngress: false, slot.Pod));
        }

        if (slot.IsSelfAllowed)
        {
            yield return (schema.Self, ChainCompiler.Pair(address));
        }
    }
}
