namespace Podwire.Bgp.Wire;

/// <summary>What a peer sent ends the session with a NOTIFICATION of this code, subcode and data (RFC 4271 section 6).</summary>
public sealed class BgpProtocolException(BgpErrorCode code, byte subcode, string message, byte[]? data = null) : Exception(message)
{
    /// <summary>The error code.</summary>
    public BgpErrorCode Code { get; } = code;

    /// <summary>The subcode, 0 for none.</summary>
    public byte Subcode { get; } = subcode;

    /// <summary>The data field of the NOTIFICATION.</summary>
    public byte[] NotificationData { get; } = data ?? [];
}
