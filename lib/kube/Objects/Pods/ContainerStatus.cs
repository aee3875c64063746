namespace Podwire.Kube.Objects;

/// <summary>What was last seen of a container.</summary>
public sealed class ContainerStatus : KubeValue
{
    /// <summary>The container's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>How it is now.</summary>
    public ContainerState? State { get; set; }

    /// <summary>How its previous run ended.</summary>
    public ContainerState? LastState { get; set; }

    /// <summary>True if it may get traffic.</summary>
    public bool Ready { get; set; }

    /// <summary>How often it was restarted.</summary>
    public int RestartCount { get; set; }

    /// <summary>What it runs.</summary>
    public string? Image { get; set; }

    /// <summary>Exactly what it runs.</summary>
    public string? ImageID { get; set; }

    /// <summary><c>RUNTIME://ID</c>.</summary>
    public string? ContainerID { get; set; }

    /// <summary>True once started and past its startup check.</summary>
    public bool? Started { get; set; }
}
