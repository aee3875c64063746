using System.Text;

namespace Podwire.Kubelet.Logs;

/// <summary>One line of a CRI log, pointing into the bytes it was read from.</summary>
internal readonly ref struct CriLogLine
{
    private CriLogLine(ReadOnlySpan<byte> time, bool whole, ReadOnlySpan<byte> text)
    {
        Time = time;
        IsWhole = whole;
        Text = text;
    }

    /// <summary>RFC 3339 with nanoseconds.</summary>
    public ReadOnlySpan<byte> Time { get; }

    /// <summary>False for a piece of a line that goes on.</summary>
    public bool IsWhole { get; }

    /// <summary>What the container wrote.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>When; the minimum if it is no time.</summary>
    public DateTimeOffset At =>
        DateTimeOffset.TryParse(Encoding.ASCII.GetString(Time), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var at) ? at : DateTimeOffset.MinValue;

    /// <summary>Reads «TIME STREAM F|P TEXT» without its line end; false for anything else (a line cut by a crash).</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out CriLogLine parsed)
    {
        parsed = default;
        var first = line.IndexOf((byte)' ');
        if (first <= 0)
        {
            return false;
        }

        var rest = line[(first + 1)..];
        if (!rest.StartsWith("stdout "u8) && !rest.StartsWith("stderr "u8))
        {
            return false;
        }

        rest = rest[7..];
        if (rest.Length < 2 || rest[0] is not ((byte)'F' or (byte)'P') || rest[1] is not ((byte)' ' or (byte)':'))
        {
            return false;
        }

        // Further tags may follow the first, after a colon (kubernetes/design-proposals, CRI logging).
        var text = rest.IndexOf((byte)' ');
        if (text < 0)
        {
            return false;
        }

        parsed = new(line[..first], rest[0] == (byte)'F', rest[(text + 1)..]);
        return true;
    }
}
