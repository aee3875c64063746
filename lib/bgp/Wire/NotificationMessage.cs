using System.Text;

namespace Podwire.Bgp.Wire;

/// <summary>NOTIFICATION: why a session ends (RFC 4271 section 4.5).</summary>
public sealed record NotificationMessage(BgpErrorCode Code, byte Subcode, byte[] Data)
{
    private const int LongestText = 255;

    /// <summary>A Cease with a text for the other operator (RFC 9003), cut to 255 octets of UTF-8.</summary>
    public static NotificationMessage Cease(byte subcode, string text = "")
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > LongestText)
        {
            // Not in the middle of a character.
            var end = LongestText;
            while ((bytes[end] & 0xc0) == 0x80)
            {
                end--;
            }

            bytes = bytes[..end];
        }

        return new(BgpErrorCode.Cease, subcode, bytes.Length == 0 ? [] : [(byte)bytes.Length, .. bytes]);
    }

    /// <summary>From what was wrong.</summary>
    public static NotificationMessage Of(BgpProtocolException error) => new(error.Code, error.Subcode, error.NotificationData);

    /// <summary>Reads the body; the header has made sure of two octets.</summary>
    public static NotificationMessage Read(ReadOnlySpan<byte> body) => new((BgpErrorCode)body[0], body[1], body[2..].ToArray());

    /// <summary>The whole message.</summary>
    public byte[] ToMessage() => MessageHeader.Build(BgpMessageType.Notification, [(byte)Code, Subcode, .. Data]);

    /// <summary>The other operator's text of an administrative shutdown or reset (RFC 9003); empty where there is none. Control characters are shown as '?'.</summary>
    public string Text
    {
        get
        {
            if (Code != BgpErrorCode.Cease || Subcode is not (BgpSubcode.CeaseAdministrativeShutdown or BgpSubcode.CeaseAdministrativeReset) || Data.Length == 0 || Data[0] > Data.Length - 1)
            {
                return string.Empty;
            }

            return string.Concat(Encoding.UTF8.GetString(Data, 1, Data[0]).Select(letter => char.IsControl(letter) ? '?' : letter));
        }
    }

    /// <summary>For logs: <c>Cease/Administrative Shutdown "maintenance"</c>.</summary>
    public override string ToString()
    {
        var detail = (Code, Subcode) switch
        {
            (BgpErrorCode.MessageHeader, 1) => "Connection Not Synchronized",
            (BgpErrorCode.MessageHeader, 2) => "Bad Message Length",
            (BgpErrorCode.MessageHeader, 3) => "Bad Message Type",
            (BgpErrorCode.OpenMessage, 1) => "Unsupported Version Number",
            (BgpErrorCode.OpenMessage, 2) => "Bad Peer AS",
            (BgpErrorCode.OpenMessage, 3) => "Bad BGP Identifier",
            (BgpErrorCode.OpenMessage, 4) => "Unsupported Optional Parameter",
            (BgpErrorCode.OpenMessage, 6) => "Unacceptable Hold Time",
            (BgpErrorCode.OpenMessage, 7) => "Unsupported Capability",
            (BgpErrorCode.UpdateMessage, 1) => "Malformed Attribute List",
            (BgpErrorCode.UpdateMessage, 10) => "Invalid Network Field",
            (BgpErrorCode.Cease, 1) => "Maximum Number of Prefixes Reached",
            (BgpErrorCode.Cease, 2) => "Administrative Shutdown",
            (BgpErrorCode.Cease, 3) => "Peer De-configured",
            (BgpErrorCode.Cease, 4) => "Administrative Reset",
            (BgpErrorCode.Cease, 5) => "Connection Rejected",
            (BgpErrorCode.Cease, 6) => "Other Configuration Change",
            (BgpErrorCode.Cease, 7) => "Connection Collision Resolution",
            (BgpErrorCode.Cease, 8) => "Out of Resources",
            (_, 0) => string.Empty,
            _ => Subcode.ToString(),
        };
        return $"{Code}{(detail.Length == 0 ? string.Empty : $"/{detail}")}{(Text.Length == 0 ? string.Empty : $" \"{Text}\"")}";
    }
}
