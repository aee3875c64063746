namespace Podwire.Bgp.Policy;

/// <summary>Which next hop a neighbour is told.</summary>
public enum NextHopMode
{
    /// <summary>This speaker's towards other ASes, unchanged within the AS.</summary>
    Auto,

    /// <summary>Always this speaker's.</summary>
    Self,

    /// <summary>Unchanged wherever there is one.</summary>
    Keep,
}
