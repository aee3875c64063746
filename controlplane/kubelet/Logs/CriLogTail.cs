using System.Text;

namespace Podwire.Kubelet.Logs;

/// <summary>The end of a log, for a termination message (terminationMessagePolicy FallbackToLogsOnError).</summary>
internal static class CriLogTail
{
    private const int MostBytes = 2048;
    private const int MostLines = 80;

    /// <summary>The last 80 lines or 2048 bytes, whichever is less; null if there is nothing.</summary>
    public static string? Read(string path)
    {
        using var text = new MemoryStream();
        CriLogReader.CopyAsync(path, new() { TailLines = MostLines }, () => false, text, CancellationToken.None).GetAwaiter().GetResult();
        var bytes = text.GetBuffer().AsSpan(0, (int)text.Length);
        return bytes.IsEmpty ? null : Encoding.UTF8.GetString(bytes.Length > MostBytes ? bytes[^MostBytes..] : bytes);
    }
}
