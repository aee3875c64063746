using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>A neighbour of a speaker that is the test itself: it sends octets and reads what comes back, a transcript.</summary>
internal sealed class WirePeer
{
    /// <summary>The capabilities of a neighbour that knows all.</summary>
    public static readonly Capabilities All = new() { V4 = true, V6 = true, RouteRefresh = true, EnhancedRouteRefresh = true, ExtendedMessage = true, FourOctetAs = 64512 };

    private readonly TestNetwork network;
    private readonly TestSpeaker speaker;
    private byte[] read = [];

    public WirePeer(TestNetwork network, TestSpeaker speaker, string address = "10.9.0.2", Func<NeighborConfig, NeighborConfig>? change = null, bool isOutgoing = false)
    {
        (this.network, this.speaker) = (network, speaker);
        Address = IpAddress.Parse(address);
        var agreed = new NeighborConfig { Address = Address, Asn = 64512, IsClient = true, IsPassive = true, RestartSeconds = 0 };
        agreed = change?.Invoke(agreed) ?? agreed;
        Neighbor = speaker.Speaker.Find(Address) ?? speaker.Speaker.Add(agreed, network.Now);
        Connection = (isOutgoing ? speaker.Speaker.Connected(Neighbor, speaker.Address, network.Now) : speaker.Speaker.Accept(Address, speaker.Address, network.Now))!;
    }

    public IpAddress Address { get; }

    public Neighbor Neighbor { get; }

    public BgpConnection Connection { get; }

    /// <summary>Attributes of a proper route within the AS: ORIGIN, an empty AS_PATH, NEXT_HOP, LOCAL_PREF.</summary>
    public string Attributes => $"40010100 400200 400304{Hex(Address)} 40050400000064";

    public static byte[] Octets(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));

    public static string Hex(IpAddress address)
    {
        var bytes = new byte[16];
        return Convert.ToHexString(bytes.AsSpan(0, address.WriteTo(bytes)));
    }

    /// <summary>An UPDATE: withdrawn prefixes, attributes, prefixes, as hex.</summary>
    public static byte[] Update(string withdrawn, string attributes, string announced)
    {
        var (gone, block) = (Octets(withdrawn), Octets(attributes));
        return MessageHeader.Build(BgpMessageType.Update, [(byte)(gone.Length >> 8), (byte)gone.Length, .. gone, (byte)(block.Length >> 8), (byte)block.Length, .. block, .. Octets(announced)]);
    }

    public OpenMessage Open(Capabilities capabilities, uint asn = 64512, int hold = 90) => new(asn, hold, Address.IsV4 ? Address : IpAddress.Parse("10.9.0.99"), capabilities);

    /// <summary>OPEN and KEEPALIVE; what comes back so far is forgotten.</summary>
    public WirePeer Establish(Capabilities? capabilities = null, uint asn = 64512, int hold = 90)
    {
        Send(Open(capabilities ?? All, asn, hold).ToMessage());
        Send(MessageHeader.Keepalive.ToArray());
        Assert.Equal(SessionState.Established, Connection.State);
        Read();
        return this;
    }

    public void Send(params byte[][] messages)
    {
        foreach (var message in messages)
        {
            speaker.Speaker.Receive(Connection, message, network.Now);
        }
    }

    /// <summary>The messages that have come since, as text: <c>KEEPALIVE</c>, <c>UPDATE hex</c>, <c>NOTIFICATION code/subcode hex</c>, <c>REFRESH family subtype</c>.</summary>
    public List<string> Read()
    {
        speaker.Speaker.Flush();
        var octets = new List<byte>(read);
        while (true)
        {
            var piece = Connection.PeekOutput();
            if (piece.IsEmpty)
            {
                if (Connection.State != SessionState.Established || !BgpSpeaker.Owes(Connection))
                {
                    break;
                }

                speaker.Speaker.Refill(Connection);
                if (Connection.PeekOutput().IsEmpty)
                {
                    break;
                }

                continue;
            }

            octets.AddRange(piece.ToArray());
            Connection.AdvanceOutput(piece.Length, network.Now);
        }

        var (all, messages) = (octets.ToArray(), new List<string>());
        var rest = all.AsSpan();
        while (MessageHeader.TryRead(rest, MessageHeader.LongestExtendedMessage, out var type, out var length))
        {
            var body = rest[MessageHeader.Size..length];
            messages.Add(type switch
            {
                BgpMessageType.Keepalive => "KEEPALIVE",
                BgpMessageType.Notification => $"NOTIFICATION {body[0]}/{body[1]} {Convert.ToHexString(body[2..])}".TrimEnd(),
                BgpMessageType.RouteRefresh => $"REFRESH {body[1]} {body[2]}",
                _ => $"{type} {Convert.ToHexString(body)}".ToUpperInvariant(),
            });
            rest = rest[length..];
        }

        read = rest.ToArray();
        return messages;
    }

    /// <summary>What <see cref="Read"/> gives, without KEEPALIVEs and End-of-RIBs.</summary>
    public List<string> News() => [.. Read().Where(static message => message is not ("KEEPALIVE" or "UPDATE 00000000" or "UPDATE 00000006800F03000201"))];
}
