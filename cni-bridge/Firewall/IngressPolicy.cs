namespace Podwire.CniBridge.Firewall;

/// <summary><c>ingressPolicy</c>: who else on the node may reach a bridge's containers.</summary>
internal enum IngressPolicy
{
    /// <summary>Everyone.</summary>
    Open,

    /// <summary>Containers of the same bridge, not those of other bridges that have a policy.</summary>
    SameBridge,

    /// <summary>No container of a bridge that has a policy, the own one included.</summary>
    Isolated,
}
