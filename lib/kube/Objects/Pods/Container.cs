namespace Podwire.Kube.Objects;

/// <summary>One container of a pod.</summary>
public sealed class Container : KubeValue
{
    /// <summary>Unique in the pod.</summary>
    public string Name { get; set; } = "";

    /// <summary>What to run; <c>host</c> is the machine's own root in the built-in runtime.</summary>
    public string? Image { get; set; }

    /// <summary><c>Always</c>, <c>IfNotPresent</c> or <c>Never</c>.</summary>
    public string? ImagePullPolicy { get; set; }

    /// <summary>Replaces the image's entry point; $(VAR) is expanded.</summary>
    public List<string> Command { get => field ??= []; set; }

    /// <summary>Arguments of the entry point; $(VAR) is expanded.</summary>
    public List<string> Args { get => field ??= []; set; }

    /// <summary>Working directory; default the image's.</summary>
    public string? WorkingDir { get; set; }

    /// <summary>What it listens on, for information and for named ports.</summary>
    public List<ContainerPort> Ports { get => field ??= []; set; }

    /// <summary>Whole config maps or secrets as variables.</summary>
    public List<EnvFromSource> EnvFrom { get => field ??= []; set; }

    /// <summary>Variables, later ones may use earlier ones.</summary>
    public List<EnvVar> Env { get => field ??= []; set; }

    /// <summary>What it needs and may use.</summary>
    public ResourceRequirements? Resources { get; set; }

    /// <summary>Where volumes appear.</summary>
    public List<VolumeMount> VolumeMounts { get => field ??= []; set; }

    /// <summary>On failure the container is restarted.</summary>
    public Probe? LivenessProbe { get; set; }

    /// <summary>On failure the pod gets no traffic.</summary>
    public Probe? ReadinessProbe { get; set; }

    /// <summary>Until it succeeds the other two wait.</summary>
    public Probe? StartupProbe { get; set; }

    /// <summary>What to do after the start and before the end.</summary>
    public Lifecycle? Lifecycle { get; set; }

    /// <summary>File with last words; default /dev/termination-log.</summary>
    public string? TerminationMessagePath { get; set; }

    /// <summary><c>File</c> or <c>FallbackToLogsOnError</c>.</summary>
    public string? TerminationMessagePolicy { get; set; }

    /// <summary><c>Always</c> makes an init container a sidecar.</summary>
    public string? RestartPolicy { get; set; }

    /// <summary>User, capabilities and the like.</summary>
    public SecurityContext? SecurityContext { get; set; }

    /// <summary>True: keep a standard input.</summary>
    public bool? Stdin { get; set; }

    /// <summary>True: close the input after the first client.</summary>
    public bool? StdinOnce { get; set; }

    /// <summary>True: allocate a terminal.</summary>
    public bool? Tty { get; set; }
}
