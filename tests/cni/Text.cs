using System.Text;

namespace Podwire.Cni.Tests;

internal static class Text
{
    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static string Of(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    public static CniException Fails(CniErrorCode code, Action action)
    {
        var e = Assert.Throws<CniException>(action);
        Assert.Equal(code, e.Code);
        return e;
    }
}
