namespace Podwire.NetPolicy.Domains;

/// <summary>Types of records (RFC 1035 section 3.2.2, RFC 3596).</summary>
internal enum DnsType : ushort
{
    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>Another name for the same.</summary>
    Cname = 5,

    /// <summary>The begin of a zone's authority, which says how long a missing name stays missing (RFC 2308).</summary>
    Soa = 6,

    /// <summary>An IPv6 address.</summary>
    Aaaa = 28,
}
