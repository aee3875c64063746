namespace Podwire.Bgp.Wire;

/// <summary>Error subcodes; the prefix of a name says which code they belong to.</summary>
public static class BgpSubcode
{
    /// <summary>RFC 4271 section 6.1.</summary>
    public const byte HeaderNotSynchronized = 1;

    /// <summary>RFC 4271 section 6.1.</summary>
    public const byte HeaderBadLength = 2;

    /// <summary>RFC 4271 section 6.1.</summary>
    public const byte HeaderBadType = 3;

    /// <summary>RFC 4271 section 6.2.</summary>
    public const byte OpenUnsupportedVersion = 1;

    /// <summary>RFC 4271 section 6.2.</summary>
    public const byte OpenBadPeerAs = 2;

    /// <summary>RFC 4271 section 6.2.</summary>
    public const byte OpenBadIdentifier = 3;

    /// <summary>RFC 4271 section 6.2.</summary>
    public const byte OpenUnsupportedParameter = 4;

    /// <summary>RFC 4271 section 6.2.</summary>
    public const byte OpenUnacceptableHoldTime = 6;

    /// <summary>RFC 5492 section 5.</summary>
    public const byte OpenUnsupportedCapability = 7;

    /// <summary>RFC 4271 section 6.3.</summary>
    public const byte UpdateMalformedAttributeList = 1;

    /// <summary>RFC 4271 section 6.3.</summary>
    public const byte UpdateInvalidNetworkField = 10;

    /// <summary>RFC 6608: a message in OpenSent that is no OPEN.</summary>
    public const byte StateOpenSent = 1;

    /// <summary>RFC 6608.</summary>
    public const byte StateOpenConfirm = 2;

    /// <summary>RFC 6608.</summary>
    public const byte StateEstablished = 3;

    /// <summary>RFC 4486.</summary>
    public const byte CeaseMaximumPrefixes = 1;

    /// <summary>RFC 4486, with a text by RFC 9003.</summary>
    public const byte CeaseAdministrativeShutdown = 2;

    /// <summary>RFC 4486.</summary>
    public const byte CeasePeerDeconfigured = 3;

    /// <summary>RFC 4486, with a text by RFC 9003.</summary>
    public const byte CeaseAdministrativeReset = 4;

    /// <summary>RFC 4486.</summary>
    public const byte CeaseConnectionRejected = 5;

    /// <summary>RFC 4486.</summary>
    public const byte CeaseConfigurationChange = 6;

    /// <summary>RFC 4486: the other of two connections is kept (RFC 4271 section 6.8).</summary>
    public const byte CeaseCollisionResolution = 7;

    /// <summary>RFC 4486.</summary>
    public const byte CeaseOutOfResources = 8;

    /// <summary>RFC 7313 section 5.</summary>
    public const byte RefreshInvalidLength = 1;
}
