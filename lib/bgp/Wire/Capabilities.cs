using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.Bgp.Wire;

/// <summary>What a speaker says of itself in its OPEN (RFC 5492): one record instead of a list, since each capability counts once.</summary>
public sealed record Capabilities
{
    private const byte MultiprotocolCode = 1;
    private const byte RouteRefreshCode = 2;
    private const byte ExtendedMessageCode = 6;
    private const byte GracefulRestartCode = 64;
    private const byte FourOctetAsCode = 65;
    private const byte AddPathCode = 69;
    private const byte EnhancedRouteRefreshCode = 70;

    /// <summary>IPv4 unicast (RFC 4760). A peer without any multiprotocol capability speaks it too.</summary>
    public bool V4 { get; init; }

    /// <summary>IPv6 unicast (RFC 4760).</summary>
    public bool V6 { get; init; }

    /// <summary>RFC 2918.</summary>
    public bool RouteRefresh { get; init; }

    /// <summary>RFC 7313.</summary>
    public bool EnhancedRouteRefresh { get; init; }

    /// <summary>RFC 8654.</summary>
    public bool ExtendedMessage { get; init; }

    /// <summary>The AS number in four octets (RFC 6793); null for a speaker of two-octet numbers.</summary>
    public uint? FourOctetAs { get; init; }

    /// <summary>RFC 4724; null where the speaker does not restart gracefully.</summary>
    public GracefulRestartCapability? GracefulRestart { get; init; }

    /// <summary>Add-path for IPv4 (RFC 7911).</summary>
    public AddPathMode AddPathV4 { get; init; }

    /// <summary>Add-path for IPv6 (RFC 7911).</summary>
    public AddPathMode AddPathV6 { get; init; }

    /// <summary>True if the family is spoken.</summary>
    public bool Speaks(IpFamily family) => family == IpFamily.V4 ? V4 : V6;

    /// <summary>Add-path of a family.</summary>
    public AddPathMode AddPath(IpFamily family) => family == IpFamily.V4 ? AddPathV4 : AddPathV6;

    /// <summary>Reads the capabilities of all capability parameters, one after the other; what is unknown is passed over (RFC 5492 section 4).</summary>
    /// <exception cref="BgpProtocolException">A length that does not fit.</exception>
    public static Capabilities Read(ReadOnlySpan<byte> data)
    {
        var read = new Capabilities();
        var hasFamilies = false;
        while (!data.IsEmpty)
        {
            if (data.Length < 2 || data.Length < 2 + data[1])
            {
                throw Malformed("a capability is cut off");
            }

            var code = data[0];
            var value = data.Slice(2, data[1]);
            data = data[(2 + data[1])..];
            switch (code)
            {
                case MultiprotocolCode when value.Length == 4:
                    hasFamilies = true;
                    if (AddressFamily.TryRead(BinaryPrimitives.ReadUInt16BigEndian(value), value[3], out var family))
                    {
                        read = family == IpFamily.V4 ? read with { V4 = true } : read with { V6 = true };
                    }

                    break;
                case RouteRefreshCode:
                    read = read with { RouteRefresh = true };
                    break;
                case ExtendedMessageCode:
                    read = read with { ExtendedMessage = true };
                    break;
                case EnhancedRouteRefreshCode:
                    read = read with { EnhancedRouteRefresh = true };
                    break;
                case FourOctetAsCode when value.Length == 4:
                    read = read with { FourOctetAs = BinaryPrimitives.ReadUInt32BigEndian(value) };
                    break;
                case GracefulRestartCode when value.Length >= 2:
                    read = read with { GracefulRestart = GracefulRestartCapability.Read(value) };
                    break;
                case AddPathCode when value.Length % 4 == 0:
                    read = ReadAddPath(read, value);
                    break;
                case MultiprotocolCode or FourOctetAsCode or GracefulRestartCode or AddPathCode:
                    throw Malformed($"capability {code} cannot have {value.Length} octets");
            }
        }

        return hasFamilies ? read : read with { V4 = true };
    }

    /// <summary>Writes the capabilities and returns how many octets they take; 64 are enough room.</summary>
    public int Write(Span<byte> destination)
    {
        var at = 0;
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            if (Speaks(family))
            {
                at += Put(destination[at..], MultiprotocolCode, [0, (byte)AddressFamily.Of(family), 0, AddressFamily.Unicast]);
            }
        }

        at += RouteRefresh ? Put(destination[at..], RouteRefreshCode, []) : 0;
        at += ExtendedMessage ? Put(destination[at..], ExtendedMessageCode, []) : 0;
        if (GracefulRestart is { } restart)
        {
            Span<byte> value = stackalloc byte[16];
            at += Put(destination[at..], GracefulRestartCode, value[..restart.Write(value)]);
        }

        if (FourOctetAs is { } number)
        {
            Span<byte> value = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(value, number);
            at += Put(destination[at..], FourOctetAsCode, value);
        }

        if (AddPathV4 != AddPathMode.None || AddPathV6 != AddPathMode.None)
        {
            Span<byte> value = stackalloc byte[8];
            var length = 0;
            foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
            {
                if (AddPath(family) != AddPathMode.None)
                {
                    ReadOnlySpan<byte> entry = [0, (byte)AddressFamily.Of(family), AddressFamily.Unicast, (byte)AddPath(family)];
                    entry.CopyTo(value[length..]);
                    length += entry.Length;
                }
            }

            at += Put(destination[at..], AddPathCode, value[..length]);
        }

        at += EnhancedRouteRefresh ? Put(destination[at..], EnhancedRouteRefreshCode, []) : 0;
        return at;
    }

    private static Capabilities ReadAddPath(Capabilities read, ReadOnlySpan<byte> value)
    {
        for (; value.Length >= 4; value = value[4..])
        {
            // Another value of the mode is to be ignored (RFC 7911 section 4).
            if (value[3] is >= 1 and <= 3 && AddressFamily.TryRead(BinaryPrimitives.ReadUInt16BigEndian(value), value[2], out var family))
            {
                read = family == IpFamily.V4 ? read with { AddPathV4 = (AddPathMode)value[3] } : read with { AddPathV6 = (AddPathMode)value[3] };
            }
        }

        return read;
    }

    private static int Put(Span<byte> destination, byte code, ReadOnlySpan<byte> value)
    {
        destination[0] = code;
        destination[1] = (byte)value.Length;
        value.CopyTo(destination[2..]);
        return 2 + value.Length;
    }

    private static BgpProtocolException Malformed(string message) => new(BgpErrorCode.OpenMessage, 0, message);
}
