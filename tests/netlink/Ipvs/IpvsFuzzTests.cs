using Podwire.Netlink.Generic;
using Podwire.Netlink.IpSet;
using Podwire.Netlink.Ipvs;
using Podwire.Primitives;
using Podwire.Ruleset.IpSets;

namespace Podwire.Netlink.Tests.Ipvs;

/// <summary>Recorded answers of IPVS, ipset and the controller with random damage: only the protocol exception may come out.</summary>
public class IpvsFuzzTests
{
    public static TheoryData<string> Captures => ["ipvs-services.reply", "ipvs-destinations.reply", "ipvs-info.reply", "ipvs-timeouts.request", "ipset-list.reply", "ipset-type.reply", "genl-family.reply"];

    [Theory]
    [MemberData(nameof(Captures))]
    public void Decode_DamagedOrCut_ThrowsNothingButTheProtocolException(string name)
    {
        var original = Capture.Load(name);
        var random = new Random(20261121);
        for (var round = 0; round < 4000; round++)
        {
            var bytes = (byte[])original.Clone();
            for (var change = random.Next(1, 5); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => 0, _ => 0xff };
            }

            Read(bytes);
        }

        for (var length = 0; length <= original.Length; length++)
        {
            Read(original.AsSpan(0, length));
        }
    }

    private static void Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new NetlinkMessageReader(bytes);
            while (reader.Read(out var message))
            {
                Each(message);
            }
        }
        catch (NetlinkProtocolException e)
        {
            Assert.InRange(e.Offset, 0, bytes.Length);
        }
    }

    private static void Each(in NetlinkMessage message)
    {
        _ = IpSetMessage.DecodePart(message, _ => IpSetType.HashIpPortNet);
        _ = IpSetMessage.TryDecodeRevision(message, out _);
        _ = IpvsServiceMessage.TryDecode(message, out _);
        _ = IpvsDestinationMessage.TryDecode(message, IpFamily.V4, out _);
        _ = IpvsInfo.TryDecode(message, out _);
        _ = IpvsTimeouts.TryDecode(message, out _);
        _ = GenericFamily.TryDecode(message, out _);
    }
}
