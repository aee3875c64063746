namespace Podwire.Kube.Objects;

/// <summary>What to do after the start and before the end of a container.</summary>
public sealed class Lifecycle : KubeValue
{
    /// <summary>Right after the start; a failure ends the container.</summary>
    public LifecycleHandler? PostStart { get; set; }

    /// <summary>Before the container is told to end, within its grace.</summary>
    public LifecycleHandler? PreStop { get; set; }
}
