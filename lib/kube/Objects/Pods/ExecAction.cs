namespace Podwire.Kube.Objects;

/// <summary>A command run in the container.</summary>
public sealed class ExecAction : KubeValue
{
    /// <summary>The program and its arguments, without a shell.</summary>
    public List<string> Command { get => field ??= []; set; }
}
