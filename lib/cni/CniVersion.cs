using System.Globalization;

namespace Podwire.Cni;

/// <summary>A version of the CNI specification. <see cref="Supported"/> lists every one that plugins and runner here speak.</summary>
public readonly record struct CniVersion(int Major, int Minor, int Patch) : IComparable<CniVersion>
{
    /// <summary>0.1.0: results are <c>ip4</c> and <c>ip6</c>; also what a configuration without <c>cniVersion</c> means.</summary>
    public static CniVersion V0_1_0 => new(0, 1, 0);

    /// <summary>0.2.0: adds VERSION.</summary>
    public static CniVersion V0_2_0 => new(0, 2, 0);

    /// <summary>0.3.0: results are <c>interfaces</c>, <c>ips</c> and <c>routes</c>; lists and <c>prevResult</c>.</summary>
    public static CniVersion V0_3_0 => new(0, 3, 0);

    /// <summary>0.3.1: results as 0.3.0.</summary>
    public static CniVersion V0_3_1 => new(0, 3, 1);

    /// <summary>0.4.0: adds CHECK, and <c>prevResult</c> on DEL.</summary>
    public static CniVersion V0_4_0 => new(0, 4, 0);

    /// <summary>1.0.0: <c>ips[].version</c> is gone, and so are single-plugin configurations.</summary>
    public static CniVersion V1_0_0 => new(1, 0, 0);

    /// <summary>1.1.0: adds GC and STATUS, interface mtu, socketPath and pciID, and route attributes.</summary>
    public static CniVersion V1_1_0 => new(1, 1, 0);

    /// <summary>The newest version spoken here.</summary>
    public static CniVersion Latest => V1_1_0;

    /// <summary>Every version spoken here, oldest first.</summary>
    public static IReadOnlyList<CniVersion> Supported { get; } = [V0_1_0, V0_2_0, V0_3_0, V0_3_1, V0_4_0, V1_0_0, V1_1_0];

    /// <summary>True for a version in <see cref="Supported"/>.</summary>
    public bool IsSupported => Supported.Contains(this);

    /// <summary>True from 0.4.0 on.</summary>
    public bool HasCheck => this >= V0_4_0;

    /// <summary>True from 1.1.0 on.</summary>
    public bool HasGcAndStatus => this >= V1_1_0;

    /// <summary>Parses <c>major.minor.patch</c>, or <c>major.minor</c> and <c>major</c> with zeros behind; the empty text is 0.1.0 as the specification says.</summary>
    public static bool TryParse(string? text, out CniVersion version)
    {
        version = V0_1_0;
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        Span<int> parts = stackalloc int[3];
        parts.Clear();
        var count = 0;
        foreach (var part in text.AsSpan().Split('.'))
        {
            if (count == 3 || !int.TryParse(text.AsSpan()[part], NumberStyles.None, CultureInfo.InvariantCulture, out parts[count]))
            {
                return false;
            }

            count++;
        }

        version = new(parts[0], parts[1], parts[2]);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(CniVersion other) =>
        Major != other.Major ? Major.CompareTo(other.Major) : Minor != other.Minor ? Minor.CompareTo(other.Minor) : Patch.CompareTo(other.Patch);

    /// <summary>Older than.</summary>
    public static bool operator <(CniVersion left, CniVersion right) => left.CompareTo(right) < 0;

    /// <summary>Newer than.</summary>
    public static bool operator >(CniVersion left, CniVersion right) => left.CompareTo(right) > 0;

    /// <summary>Not newer than.</summary>
    public static bool operator <=(CniVersion left, CniVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Not older than.</summary>
    public static bool operator >=(CniVersion left, CniVersion right) => left.CompareTo(right) >= 0;

    /// <summary><c>major.minor.patch</c>.</summary>
    public override string ToString() => string.Concat(Text(Major), ".", Text(Minor) + "." + Text(Patch));

    // An interpolated number rents from the array pool, whose first use is felt in a plugin's start.
    private static string Text(int part) => part.ToString(CultureInfo.InvariantCulture);
}
