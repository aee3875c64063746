using Podwire.Controllers.Deployments;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests;

/// <summary>
/// A deployment, its replica sets and their pods, reduced to which pods are available. Replica sets' statuses lag behind by chance; pods become available by chance.
/// </summary>
internal sealed class RolloutSimulation(Deployment deployment, Random random)
{
    private readonly Dictionary<ReplicaSet, List<bool>> pods = [];
    private int serial;

    public Deployment Deployment => deployment;

    public List<ReplicaSet> Sets { get; } = [];

    public int Desired => deployment.Spec.Replicas!.Value;

    public int Total => Sets.Sum(set => set.Spec.Replicas!.Value);

    public int Pods => pods.Values.Sum(list => list.Count);

    public int Available => pods.Values.Sum(list => list.Count(available => available));

    public DateTimeOffset Now { get; private set; } = Make.Now;

    public RolloutView View => new(deployment, Sets, template => TemplateHash.Canonical(KubeJson.ToNode(template)));

    public bool IsComplete => View.New is { } newest && newest.Spec.Replicas == Desired && Total == Desired && Available == Desired && Pods == Desired;

    public void Command(string command)
    {
        deployment.Spec.Template.Spec.Containers[0].Command = ["/bin/echo", command];
        deployment.Metadata.Generation++;
    }

    public void Scale(int replicas)
    {
        deployment.Spec.Replicas = replicas;
        deployment.Metadata.Generation++;
    }

    /// <summary>The deployment controller takes one step.</summary>
    public void Control()
    {
        Now += TimeSpan.FromSeconds(1);
        var plan = DeploymentCompiler.Compile(View, Sets.Where(set => pods[set].Count > 0).Select(set => set.Metadata.Uid!).ToHashSet(), Now);
        if (plan.Create is { } made)
        {
            made.Metadata.Uid = $"rs-{++serial}";
            made.Metadata.Generation = 1;
            made.Metadata.CreationTimestamp = Now;
            Assert.DoesNotContain(Sets, set => set.Metadata.Name == made.Metadata.Name);
            Sets.Add(made);
            pods[made] = [];
        }

        foreach (var change in plan.Change)
        {
            Assert.True(change.Replicas >= 0);
            change.Set.Metadata.Generation += change.Replicas == change.Set.Spec.Replicas ? 0 : 1;
            change.Set.Spec.Replicas = change.Replicas;
            foreach (var (key, value) in change.Annotations!)
            {
                change.Set.Metadata.Annotations[key] = value;
            }
        }

        foreach (var gone in plan.Delete)
        {
            Assert.Empty(pods[gone]);
            Sets.Remove(gone);
            pods.Remove(gone);
        }

        deployment.Status = plan.Status;
    }

    /// <summary>One replica set makes or deletes pods, those that are not available first.</summary>
    public void Replicate(ReplicaSet set)
    {
        var list = pods[set];
        while (list.Count < set.Spec.Replicas)
        {
            list.Add(false);
        }

        while (list.Count > set.Spec.Replicas)
        {
            list.Remove(list.Contains(false) ? false : true);
        }
    }

    /// <summary>One replica set writes its status.</summary>
    public void Report(ReplicaSet set)
    {
        set.Status.Replicas = pods[set].Count;
        set.Status.ReadyReplicas = set.Status.AvailableReplicas = pods[set].Count(available => available);
        set.Status.ObservedGeneration = set.Metadata.Generation;
    }

    /// <summary>One pod becomes available.</summary>
    public void BecomeAvailable()
    {
        var waiting = pods.Where(pair => pair.Value.Contains(false)).Select(pair => pair.Value).ToList();
        if (waiting.Count > 0)
        {
            var list = waiting[random.Next(waiting.Count)];
            list[list.IndexOf(false)] = true;
        }
    }

    /// <summary>Something of the above, by chance.</summary>
    public void Any()
    {
        switch (random.Next(4))
        {
            case 0:
                Control();
                break;
            case 1 when Sets.Count > 0:
                Replicate(Sets[random.Next(Sets.Count)]);
                break;
            case 2 when Sets.Count > 0:
                Report(Sets[random.Next(Sets.Count)]);
                break;
            default:
                BecomeAvailable();
                break;
        }
    }

    /// <summary>Everybody does their part until nothing changes any more.</summary>
    public void Settle(Action check)
    {
        for (var i = 0; i < 500 && !(IsComplete && deployment.Status.AvailableReplicas == Desired && deployment.Status.UpdatedReplicas == Desired && deployment.Status.Replicas == Desired); i++)
        {
            Control();
            check();
            foreach (var set in Sets)
            {
                Replicate(set);
                check();
                Report(set);
            }

            BecomeAvailable();
        }
    }
}
