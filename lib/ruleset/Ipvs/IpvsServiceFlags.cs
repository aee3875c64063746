namespace Podwire.Ruleset.Ipvs;

/// <summary>Flags of a virtual service, <c>IP_VS_SVC_F_*</c> (linux/ip_vs.h).</summary>
[Flags]
public enum IpvsServiceFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>A client stays at its destination until the time-out.</summary>
    Persistent = 0x1,

    /// <summary>In the kernel's table: the kernel's own flag, which nobody sets and no comparison minds.</summary>
    Hashed = 0x2,

    /// <summary>Every datagram is scheduled by itself (UDP).</summary>
    OnePacket = 0x4,

    /// <summary>sh and mh: take another destination where the chosen one is not available.</summary>
    SourceHashFallback = 0x8,

    /// <summary>sh and mh: hash the source port too.</summary>
    SourceHashPort = 0x10,
}
