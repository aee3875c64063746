using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.Bgp.Wire;

/// <summary>OPEN (RFC 4271 section 4.2, optional parameters of RFC 5492, their extended length of RFC 9072).</summary>
/// <param name="Asn">The sender's AS number, of two or four octets.</param>
/// <param name="HoldSeconds">0 for no keepalives, or at least 3.</param>
/// <param name="RouterId">The BGP identifier, an IPv4 address other than 0.0.0.0.</param>
/// <param name="Capabilities">What the sender can do.</param>
public sealed record OpenMessage(uint Asn, int HoldSeconds, IpAddress RouterId, Capabilities Capabilities)
{
    /// <summary>Stands for a number of more than two octets (RFC 6793 section 9).</summary>
    public const ushort AsTrans = 23456;

    private const byte Version = 4;
    private const byte CapabilityParameter = 2;
    private const byte ExtendedParameters = 255;

    /// <summary>Reads the body of an OPEN, without the header.</summary>
    /// <exception cref="BgpProtocolException">Version, hold time, identifier, parameters (RFC 4271 section 6.2).</exception>
    public static OpenMessage Read(ReadOnlySpan<byte> body)
    {
        if (body.Length < 10)
        {
            throw new BgpProtocolException(BgpErrorCode.OpenMessage, 0, "the OPEN is cut off");
        }

        if (body[0] != Version)
        {
            throw new BgpProtocolException(BgpErrorCode.OpenMessage, BgpSubcode.OpenUnsupportedVersion, $"version {body[0]} is not spoken, only 4", [0, Version]);
        }

        var hold = BinaryPrimitives.ReadUInt16BigEndian(body[3..]);
        if (hold is 1 or 2)
        {
            throw new BgpProtocolException(BgpErrorCode.OpenMessage, BgpSubcode.OpenUnacceptableHoldTime, $"a hold time of {hold} s is too short");
        }

        var id = BinaryPrimitives.ReadUInt32BigEndian(body[5..]);
        if (id == 0)
        {
            throw new BgpProtocolException(BgpErrorCode.OpenMessage, BgpSubcode.OpenBadIdentifier, "the BGP identifier is 0.0.0.0");
        }

        var capabilities = Capabilities.Read(Parameters(body));
        var asn = capabilities.FourOctetAs ?? BinaryPrimitives.ReadUInt16BigEndian(body[1..]);
        return asn == 0
            ? throw new BgpProtocolException(BgpErrorCode.OpenMessage, BgpSubcode.OpenBadPeerAs, "AS number 0 (RFC 7607)")
            : new OpenMessage(asn, hold, IpAddress.FromV4(id), capabilities);
    }

    /// <summary>The whole message.</summary>
    public byte[] ToMessage()
    {
        Span<byte> body = stackalloc byte[128];
        body[0] = Version;
        BinaryPrimitives.WriteUInt16BigEndian(body[1..], Asn > ushort.MaxValue ? AsTrans : (ushort)Asn);
        BinaryPrimitives.WriteUInt16BigEndian(body[3..], (ushort)HoldSeconds);
        RouterId.WriteTo(body[5..]);
        var length = Capabilities.Write(body[12..]);
        body[9] = (byte)(length > 0 ? length + 2 : 0);
        (body[10], body[11]) = (CapabilityParameter, (byte)length);
        return MessageHeader.Build(BgpMessageType.Open, body[..(length > 0 ? 12 + length : 10)]);
    }

    /// <summary>The values of all capability parameters in a row.</summary>
    private static byte[] Parameters(ReadOnlySpan<byte> body)
    {
        var isExtended = body[9] == ExtendedParameters && body.Length >= 13 && body[10] == ExtendedParameters;
        var (start, length, header) = isExtended ? (13, BinaryPrimitives.ReadUInt16BigEndian(body[11..]), 3) : (10, body[9], 2);
        if (body.Length != start + length)
        {
            throw new BgpProtocolException(BgpErrorCode.OpenMessage, 0, "the optional parameters do not fill the OPEN");
        }

        var all = new List<byte>();
        for (var rest = body[start..]; !rest.IsEmpty;)
        {
            var size = rest.Length < header ? 0 : isExtended ? BinaryPrimitives.ReadUInt16BigEndian(rest[1..]) : rest[1];
            if (rest.Length < header + size)
            {
                throw new BgpProtocolException(BgpErrorCode.OpenMessage, 0, "an optional parameter is cut off");
            }

            if (rest[0] != CapabilityParameter)
            {
                throw new BgpProtocolException(BgpErrorCode.OpenMessage, BgpSubcode.OpenUnsupportedParameter, $"optional parameter {rest[0]} is unknown");
            }

            all.AddRange(rest.Slice(header, size));
            rest = rest[(header + size)..];
        }

        return [.. all];
    }
}
