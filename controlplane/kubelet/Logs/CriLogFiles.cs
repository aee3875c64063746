namespace Podwire.Kubelet.Logs;

/// <summary>A container attempt's log file and what was rotated away from it.</summary>
internal static class CriLogFiles
{
    /// <summary>The rotated files of <paramref name="path"/>, oldest first.</summary>
    public static IReadOnlyList<string> Rotated(string path)
    {
        var directory = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(directory))
        {
            return [];
        }

        // Not by a pattern: .NET's "0.log.*" matches 0.log too.
        var prefix = path + ".";
        var rotated = Array.FindAll(Directory.GetFiles(directory), file => file.StartsWith(prefix, StringComparison.Ordinal));
        Array.Sort(rotated, StringComparer.Ordinal);
        return rotated;
    }
}
