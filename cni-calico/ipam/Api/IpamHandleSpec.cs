using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>What an IPAMHandle says.</summary>
public sealed class IpamHandleSpec : KubeValue
{
    /// <summary>The handle.</summary>
    public string HandleID { get; set; } = "";

    /// <summary>How many addresses in which block.</summary>
    public Dictionary<string, int>? Block { get; set; }

    /// <summary>It is about to go.</summary>
    public bool Deleted { get; set; }
}
