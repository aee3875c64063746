namespace Podwire.CniCalico.Ipam;

/// <summary>Why an address cannot be had.</summary>
public enum IpamFailure
{
    /// <summary>What was asked for makes no sense, or no pool is for it.</summary>
    Invalid,

    /// <summary>The pools have no free address.</summary>
    Exhausted,

    /// <summary>The address is another's.</summary>
    Taken,

    /// <summary>Others changed the same block again and again; the same request may succeed later.</summary>
    Contended,
}
