namespace Podwire.Ruleset.Ipvs;

/// <summary>A virtual service with its destinations.</summary>
public sealed record IpvsService
{
    /// <summary>The address, protocol and port.</summary>
    public required IpvsServiceKey Key { get; init; }

    /// <summary>One of <see cref="IpvsSchedulers.All"/>.</summary>
    public string Scheduler { get; init; } = IpvsSchedulers.Default;

    /// <summary>Flags, without the kernel's own.</summary>
    public IpvsServiceFlags Flags { get; init; }

    /// <summary>How long a client stays at its destination, with <see cref="IpvsServiceFlags.Persistent"/>; else 0.</summary>
    public uint PersistenceSeconds { get; init; }

    /// <summary>The destinations, each address and port once.</summary>
    public ValueList<IpvsDestination> Destinations { get; init; }

    /// <summary>True if nothing but the destinations differs.</summary>
    public bool HasSettingsOf(IpvsService other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Scheduler == other.Scheduler && ((Flags ^ other.Flags) & ~IpvsServiceFlags.Hashed) == 0 && PersistenceSeconds == other.PersistenceSeconds;
    }

    /// <summary>For error texts.</summary>
    public override string ToString() => Key.ToString();
}
