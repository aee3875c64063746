namespace Podwire.Netlink.Packets;

/// <summary>A packet that a rule handed over.</summary>
/// <param name="Id">What a queue knows it by; 0 of a log.</param>
/// <param name="Bytes">The packet from its IP header on.</param>
public sealed record CapturedPacket(uint Id, byte[] Bytes);
