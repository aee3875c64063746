namespace Podwire.Ruleset;

/// <summary>Where a base chain is attached (<c>NF_INET_*</c>, <c>NF_NETDEV_*</c>, linux/netfilter.h).</summary>
public enum ChainHook
{
    /// <summary>Before the routing decision.</summary>
    Prerouting = 0,

    /// <summary>On the way to a local process.</summary>
    Input = 1,

    /// <summary>On the way through.</summary>
    Forward = 2,

    /// <summary>From a local process.</summary>
    Output = 3,

    /// <summary>After the routing decision.</summary>
    Postrouting = 4,

    /// <summary>Right after the driver (netdev, inet).</summary>
    Ingress = 5,

    /// <summary>Right before the driver (netdev).</summary>
    Egress = 6,
}
