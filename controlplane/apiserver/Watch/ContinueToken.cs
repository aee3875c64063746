using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Podwire.ApiServer.Watch;

/// <summary>Where a chunked list goes on: the revision of its first page and the last key that was sent. Opaque to clients.</summary>
internal readonly record struct ContinueToken(long Revision, string Key)
{
    public string Encode() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"v1:{Revision}:{Key}"));

    public static bool TryDecode(string text, out ContinueToken token)
    {
        token = default;
        try
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(':', 3);
            if (parts is not ["v1", var revision, var key] || !long.TryParse(revision, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            token = new(number, key);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
