namespace Podwire.Kube.Objects;

/// <summary>Security settings of one container.</summary>
public sealed class SecurityContext : KubeValue
{
    /// <summary>User id of the processes.</summary>
    public long? RunAsUser { get; set; }

    /// <summary>Group id of the processes.</summary>
    public long? RunAsGroup { get; set; }

    /// <summary>True: refuse to run as user 0.</summary>
    public bool? RunAsNonRoot { get; set; }

    /// <summary>True: all of the node's rights.</summary>
    public bool? Privileged { get; set; }

    /// <summary>True: only volumes can be written.</summary>
    public bool? ReadOnlyRootFilesystem { get; set; }

    /// <summary>False: no_new_privs is set.</summary>
    public bool? AllowPrivilegeEscalation { get; set; }

    /// <summary>Capabilities to add or drop.</summary>
    public Capabilities? Capabilities { get; set; }

    /// <summary><c>Default</c> or <c>Unmasked</c>.</summary>
    public string? ProcMount { get; set; }
}
