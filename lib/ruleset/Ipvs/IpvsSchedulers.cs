namespace Podwire.Ruleset.Ipvs;

/// <summary>IPVS schedulers by the names that ipvsadm(8) and the kernel give them; each is a module <c>ip_vs_NAME</c>.</summary>
public static class IpvsSchedulers
{
    /// <summary>Round robin: what kube-proxy takes where nothing else is asked for.</summary>
    public const string Default = "rr";

    /// <summary>Maglev hashing.</summary>
    public const string MaglevHashing = "mh";

    /// <summary>Those that can be asked for: weights are all 1, so that the weighted ones behave as their plain brothers.</summary>
    public static IReadOnlyList<string> All { get; } = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq", MaglevHashing];
}
