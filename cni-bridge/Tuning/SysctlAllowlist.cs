using Podwire.Cni;
using Podwire.CniBridge.Interop;

namespace Podwire.CniBridge.Tuning;

/// <summary>
/// The node's list of sysctls that configurations may set: /etc/cni/tuning/allowlist.conf, a regular expression a line, which matches
/// anywhere in the key unless anchored. Without the file every key of the network is allowed.
/// </summary>
internal static class SysctlAllowlist
{
    /// <summary>Where the reference looks for it.</summary>
    internal const string DefaultPath = "/etc/cni/tuning/allowlist.conf";

    /// <summary>Refuses keys that are not on the list.</summary>
    /// <exception cref="CniException">Code 7: a key is not on it; 5: it cannot be read, or a line is no regular expression.</exception>
    internal static void Check(IEnumerable<string> keys, string path = DefaultPath)
    {
        if (Read(path) is not { } lines)
        {
            return;
        }

        foreach (var key in keys)
        {
            if (!lines.Any(line => Matches(key, line, path)))
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"sysctl\" has a key that this node does not allow: {key}", $"{path} allows: {string.Join(", ", lines)}");
            }
        }
    }

    private static string[]? Read(string path)
    {
        try
        {
            return [.. File.ReadAllLines(path).Select(l => l.Trim()).Where(l => l.Length > 0)];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"{path} cannot be read", e.GetType().Name, e);
        }
    }

    private static bool Matches(string key, string line, string path)
    {
        // The reference's expressions are RE2's. What these have beyond POSIX would mean something else there: refuse, do not guess.
        var differs = line.Contains("(?", StringComparison.Ordinal)
            || line.Contains("*?", StringComparison.Ordinal)
            || line.Contains("+?", StringComparison.Ordinal)
            || HasLetterEscape(line);
        return (differs ? null : PosixRegex.Matches(line, key))
            ?? throw new CniException(CniErrorCode.IoFailure, $"{path} has a line that is no extended regular expression (regex(7))", line);
    }

    private static bool HasLetterEscape(string line)
    {
        for (var i = 0; i < line.Length - 1; i++)
        {
            if (line[i] == '\\')
            {
                i++;
                if (char.IsAsciiLetterOrDigit(line[i]))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
