namespace Podwire.Bgp.Wire;

/// <summary>The flags octet of a path attribute (RFC 4271 section 4.3).</summary>
[Flags]
public enum AttributeFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The length has two octets.</summary>
    ExtendedLength = 0x10,

    /// <summary>A router on the way did not know the attribute.</summary>
    Partial = 0x20,

    /// <summary>Passed on by those who do not know it.</summary>
    Transitive = 0x40,

    /// <summary>Not every router knows it.</summary>
    Optional = 0x80,
}
