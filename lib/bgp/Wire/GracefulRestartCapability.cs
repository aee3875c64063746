using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.Bgp.Wire;

/// <summary>The graceful restart capability (RFC 4724 section 3, the N bit by RFC 8538).</summary>
/// <param name="RestartSeconds">How long the session may take to come back, 0 to 4095 seconds.</param>
/// <param name="IsRestarting">The R bit: the sender has restarted and waits for the routes.</param>
/// <param name="V4">IPv4 routes are kept over a restart.</param>
/// <param name="V6">IPv6 routes are kept over a restart.</param>
/// <param name="ForwardsV4">The F bit: forwarding of IPv4 went on during the last restart.</param>
/// <param name="ForwardsV6">The F bit of IPv6.</param>
/// <param name="AfterNotification">The N bit: routes are kept after a NOTIFICATION too.</param>
public sealed record GracefulRestartCapability(int RestartSeconds, bool IsRestarting, bool V4, bool V6, bool ForwardsV4, bool ForwardsV6, bool AfterNotification = false)
{
    private const ushort RestartBit = 0x8000;
    private const ushort NotificationBit = 0x4000;
    private const byte ForwardBit = 0x80;

    /// <summary>True if routes of the family are kept over a restart.</summary>
    public bool Keeps(IpFamily family) => family == IpFamily.V4 ? V4 : V6;

    /// <summary>True if forwarding of the family went on during the last restart.</summary>
    public bool Forwards(IpFamily family) => family == IpFamily.V4 ? ForwardsV4 : ForwardsV6;

    internal static GracefulRestartCapability Read(ReadOnlySpan<byte> value)
    {
        var head = BinaryPrimitives.ReadUInt16BigEndian(value);
        var (v4, v6, forwards4, forwards6) = (false, false, false, false);
        for (var rest = value[2..]; rest.Length >= 4; rest = rest[4..])
        {
            if (AddressFamily.TryRead(BinaryPrimitives.ReadUInt16BigEndian(rest), rest[2], out var family))
            {
                var forwards = (rest[3] & ForwardBit) != 0;
                (v4, forwards4) = family == IpFamily.V4 ? (true, forwards) : (v4, forwards4);
                (v6, forwards6) = family == IpFamily.V6 ? (true, forwards) : (v6, forwards6);
            }
        }

        return new(head & 0xfff, (head & RestartBit) != 0, v4, v6, forwards4, forwards6, (head & NotificationBit) != 0);
    }

    internal int Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(Math.Clamp(RestartSeconds, 0, 0xfff) | (IsRestarting ? RestartBit : 0) | (AfterNotification ? NotificationBit : 0)));
        var at = 2;
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            if (Keeps(family))
            {
                ReadOnlySpan<byte> entry = [0, (byte)AddressFamily.Of(family), AddressFamily.Unicast, Forwards(family) ? ForwardBit : (byte)0];
                entry.CopyTo(destination[at..]);
                at += 4;
            }
        }

        return at;
    }
}
