using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.Bgp.Wire;

/// <summary>ROUTE-REFRESH (RFC 2918), with the begin and end marks of RFC 7313.</summary>
public static class RouteRefreshMessage
{
    /// <summary>Of a message that is sent back within a NOTIFICATION so much goes into it.</summary>
    private const int LongestReturned = MessageHeader.LongestMessage - (2 * MessageHeader.Size) - 2;

    /// <summary>Asks for all routes.</summary>
    public const byte Request = 0;

    /// <summary>BoRR: a refresh begins.</summary>
    public const byte Begin = 1;

    /// <summary>EoRR: it has ended; what was not announced in between is gone.</summary>
    public const byte End = 2;

    /// <summary>Reads the body; false for a family or subtype that is not spoken, which is to be ignored.</summary>
    /// <exception cref="BgpProtocolException">The length is not 4 (RFC 7313 section 5).</exception>
    public static bool TryRead(ReadOnlySpan<byte> body, out IpFamily family, out byte subtype)
    {
        if (body.Length != 4 && body[2] is Begin or End)
        {
            throw new BgpProtocolException(BgpErrorCode.RouteRefreshMessage, BgpSubcode.RefreshInvalidLength, $"a route refresh has 4 octets, not {body.Length}", MessageHeader.Build(BgpMessageType.RouteRefresh, body[..Math.Min(body.Length, LongestReturned)]));
        }

        subtype = body[2];
        return AddressFamily.TryRead(BinaryPrimitives.ReadUInt16BigEndian(body), body[3], out family) && body.Length == 4 && subtype <= End;
    }

    /// <summary>The whole message.</summary>
    public static byte[] ToMessage(IpFamily family, byte subtype = Request) =>
        MessageHeader.Build(BgpMessageType.RouteRefresh, [0, (byte)AddressFamily.Of(family), subtype, AddressFamily.Unicast]);
}
