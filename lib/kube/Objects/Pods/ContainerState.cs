namespace Podwire.Kube.Objects;

/// <summary>One of the three states; at most one is set.</summary>
public sealed class ContainerState : KubeValue
{
    /// <summary>Not yet running, or waiting for a restart.</summary>
    public ContainerStateWaiting? Waiting { get; set; }

    /// <summary>Running.</summary>
    public ContainerStateRunning? Running { get; set; }

    /// <summary>Ended.</summary>
    public ContainerStateTerminated? Terminated { get; set; }
}
