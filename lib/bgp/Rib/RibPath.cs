namespace Podwire.Bgp.Rib;

/// <summary>One path of a prefix in the pool: attributes, the next of the prefix, and whose it is. 20 octets.</summary>
internal struct RibPath
{
    public int Attributes;
    public int Next;
    public uint PathId;

    /// <summary>The number under which the path is announced to peers that take several (RFC 7911).</summary>
    public uint LocalId;
    public ushort Peer;

    /// <summary>Kept over the peer's restart, until it is announced again or the peer is done (RFC 4724 section 4.2).</summary>
    public bool IsStale;
}
