using Podwire.Primitives;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>What differs between two versions of the state of one family. As large as the change, not as what is there.</summary>
internal sealed record IpvsChange
{
    /// <summary>Virtual services, in order.</summary>
    public required IReadOnlyList<IpvsServiceChange> Services { get; init; }

    /// <summary>Addresses that kube-ipvs0 gets.</summary>
    public required IReadOnlyList<IpAddress> AddressesAdded { get; init; }

    /// <summary>Addresses that it loses.</summary>
    public required IReadOnlyList<IpAddress> AddressesRemoved { get; init; }

    /// <summary>New entries of sets.</summary>
    public required IReadOnlyList<IpvsSetEntry> EntriesAdded { get; init; }

    /// <summary>Entries that go.</summary>
    public required IReadOnlyList<IpvsSetEntry> EntriesRemoved { get; init; }

    /// <summary>Frontends of connectionless protocols that changed.</summary>
    public IReadOnlyList<FrontendKey> FlowFrontends { get; init; } = [];

    /// <summary>True if the addresses that processes of the node may not use are others now: rules of their own.</summary>
    public bool DeniedChanged { get; init; }

    /// <summary>True if nothing differs.</summary>
    public bool IsEmpty => Services.Count == 0 && AddressesAdded.Count == 0 && AddressesRemoved.Count == 0 && EntriesAdded.Count == 0 && EntriesRemoved.Count == 0 && !DeniedChanged;
}
