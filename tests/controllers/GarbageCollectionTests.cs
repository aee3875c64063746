using Podwire.Controllers.GarbageCollection;
using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests;

public class GarbageCollectionTests
{
    private static readonly ApiResourceInfo Things = new("example.com", "v1", "things", "Thing", true, ["list", "watch", "delete"]);

    [Fact]
    public void Object_LivesAsLongAsOneOwnerDoes()
    {
        Assert.IsType<GcStep.Nothing>(Next(Node("x", "a"), OwnerState.Present));
        Assert.Equal(["b"], Assert.IsType<GcStep.DropOwners>(Next(Node("x", "a", "b"), OwnerState.Present, OwnerState.Absent)).Uids);
        Assert.Equal("Background", Assert.IsType<GcStep.Delete>(Next(Node("x", "a", "b"), OwnerState.Absent, OwnerState.Absent)).PropagationPolicy);
        Assert.Single(Assert.IsType<GcStep.AskFor>(Next(Node("x", "a", "b"), OwnerState.Absent, OwnerState.Unknown)).Owners, owner => owner.Uid == "b");
        Assert.IsType<GcStep.Nothing>(Next(Node("x")));
    }

    [Fact]
    public void Object_BeingDeletedAnyway_IsLeftAlone()
    {
        var node = Node("x", "a");
        node.Metadata.DeletionTimestamp = Make.Now;
        Assert.IsType<GcStep.Nothing>(Next(node, OwnerState.Absent));
    }

    [Theory]
    [InlineData("orphan", "Orphan")]
    [InlineData("foregroundDeletion", "Foreground")]
    [InlineData("example.com/other", "Background")]
    public void Finalizer_OfAnObjectToDelete_GivesThePolicy(string finalizer, string policy)
    {
        var node = Node("x", "a");
        node.Metadata.Finalizers.Add(finalizer);
        Assert.Equal(policy, Assert.IsType<GcStep.Delete>(Next(node, OwnerState.Absent)).PropagationPolicy);
    }

    [Fact]
    public void Foreground_OwnerWaitsForItsBlockingDependantsOnly()
    {
        var owner = Node("owner");
        owner.Metadata.DeletionTimestamp = Make.Now;
        owner.Metadata.Finalizers.Add("foregroundDeletion");
        var (blocking, other) = (Node("blocking", "owner"), Node("other", "owner"));
        blocking.Metadata.OwnerReferences[0].BlockOwnerDeletion = true;
        Assert.Equal("blocking", Assert.Single(Assert.IsType<GcStep.Visit>(GcRules.Next(owner, _ => OwnerState.Absent, [blocking, other])).Dependants).Uid);
        Assert.Equal("foregroundDeletion", Assert.IsType<GcStep.DropFinalizer>(GcRules.Next(owner, _ => OwnerState.Absent, [other])).Finalizer);
        Assert.Equal("Foreground", Assert.IsType<GcStep.Delete>(GcRules.Next(blocking, _ => OwnerState.AwaitsDependants, [Node("below", "blocking")])).PropagationPolicy);
        Assert.Equal("Background", Assert.IsType<GcStep.Delete>(GcRules.Next(blocking, _ => OwnerState.AwaitsDependants, [])).PropagationPolicy);
    }

    [Fact]
    public void Orphaning_OwnerLetsItsDependantsGo()
    {
        var owner = Node("owner");
        owner.Metadata.DeletionTimestamp = Make.Now;
        owner.Metadata.Finalizers.Add("orphan");
        Assert.Single(Assert.IsType<GcStep.Orphan>(GcRules.Next(owner, _ => OwnerState.Absent, [Node("x", "owner")])).Dependants);
    }

    [Fact]
    public void Graph_TellsWhoHasToBeLookedAt()
    {
        var graph = new GcGraph();
        Assert.Empty(graph.Set(Node("owner")));
        Assert.Equal(["x"], graph.Set(Node("x", "owner")));
        Assert.Equal(OwnerState.Present, graph.StateOf(new() { Uid = "owner" }, Node("x", "owner")));

        var waiting = Node("owner");
        waiting.Metadata.DeletionTimestamp = Make.Now;
        waiting.Metadata.Finalizers.Add("foregroundDeletion");
        Assert.Equal(["owner", "x"], graph.Set(waiting).Order());
        Assert.Equal(OwnerState.AwaitsDependants, graph.StateOf(new() { Uid = "owner" }, Node("x", "owner")));
        Assert.Equal(["owner"], graph.Remove("x"));
        graph.Set(Node("y", "owner"));
        Assert.Equal(["y"], graph.Remove("owner"));
        Assert.Equal(OwnerState.Unknown, graph.StateOf(new() { Uid = "owner" }, Node("y", "owner")));
        graph.MarkAbsent("owner");
        Assert.Equal(OwnerState.Absent, graph.StateOf(new() { Uid = "owner" }, Node("y", "owner")));
    }

    [Fact]
    public void Owner_InAnotherNamespace_IsNone()
    {
        var graph = new GcGraph();
        var far = Node("owner");
        far.Metadata.Namespace = "elsewhere";
        graph.Set(far);
        Assert.Equal(OwnerState.Unknown, graph.StateOf(new() { Uid = "owner" }, Node("x", "owner")));
    }

    [Fact]
    public void Dependant_ThatChangesItsOwner_MovesInTheGraph()
    {
        var graph = new GcGraph();
        graph.Set(Node("a"));
        graph.Set(Node("b"));
        graph.Set(Node("x", "a"));
        graph.Set(Node("x", "b"));
        Assert.True(graph.TryGet("a", out _, out var ofA));
        Assert.Empty(ofA);
        Assert.True(graph.TryGet("b", out _, out var ofB));
        Assert.Equal("x", Assert.Single(ofB).Uid);
    }

    private static GcStep Next(GcNode node, params OwnerState[] states) =>
        GcRules.Next(node, owner => states[node.Owners.Select(one => one.Uid).ToList().IndexOf(owner.Uid)], []);

    private static GcNode Node(string uid, params string[] owners)
    {
        var metadata = new ObjectMeta { Name = uid, Namespace = "default", Uid = uid };
        metadata.OwnerReferences.AddRange(owners.Select(owner => new OwnerReference { ApiVersion = "example.com/v1", Kind = "Thing", Name = owner, Uid = owner }));
        return new(Things, metadata);
    }
}
