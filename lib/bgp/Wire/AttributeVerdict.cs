namespace Podwire.Bgp.Wire;

/// <summary>What becomes of an attribute (RFC 7606 section 2).</summary>
internal enum AttributeVerdict
{
    Keep,

    /// <summary>The attribute is dropped, the routes stay.</summary>
    Discard,

    /// <summary>The routes of the message count as withdrawn.</summary>
    Withdraw,
}
