namespace Podwire.Kube.Objects;

/// <summary>How evenly matching pods are to be spread over domains of nodes.</summary>
public sealed class TopologySpreadConstraint : KubeValue
{
    /// <summary>The most by which a domain may exceed the emptiest one; at least 1.</summary>
    public int MaxSkew { get; set; }

    /// <summary>The label of nodes whose values are the domains.</summary>
    public string TopologyKey { get; set; } = "";

    /// <summary><c>DoNotSchedule</c> or <c>ScheduleAnyway</c>.</summary>
    public string WhenUnsatisfiable { get; set; } = "";

    /// <summary>Which pods of the namespace count.</summary>
    public LabelSelector? LabelSelector { get; set; }

    /// <summary>With fewer domains than this the emptiest one counts as holding none; null is 1.</summary>
    public int? MinDomains { get; set; }

    /// <summary>Whether nodes that the pod's node selector and affinity exclude are left out: <c>Honor</c> (the default) or <c>Ignore</c>.</summary>
    public string? NodeAffinityPolicy { get; set; }

    /// <summary>Whether nodes with taints that the pod does not tolerate are left out: <c>Honor</c> or <c>Ignore</c> (the default).</summary>
    public string? NodeTaintsPolicy { get; set; }

    /// <summary>Labels of the pod whose values are added to the selector.</summary>
    public List<string> MatchLabelKeys { get => field ??= []; set; }
}
