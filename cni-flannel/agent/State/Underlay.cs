using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.State;

/// <summary>The interface by which this node reaches the others.</summary>
internal sealed record Underlay
{
    /// <summary>Its index.</summary>
    public required int Index { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its MTU in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>Its IPv4 address.</summary>
    public IpAddress? AddressV4 { get; init; }

    /// <summary>Its IPv6 address.</summary>
    public IpAddress? AddressV6 { get; init; }

    /// <summary>The networks that are on its link, no gateway between: what a plain route may lead to.</summary>
    public IReadOnlyList<IpPrefix> OnLink { get; init; } = [];

    /// <summary>Its address of a family.</summary>
    public IpAddress? Address(IpFamily family) => family == IpFamily.V4 ? AddressV4 : AddressV6;

    /// <summary>True if an address is on the link.</summary>
    public bool Reaches(IpAddress address)
    {
        foreach (var prefix in OnLink)
        {
            if (prefix.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
