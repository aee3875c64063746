using Podwire.Cni.Interop;

namespace Podwire.Cni;

/// <summary>Looks plugins up in CNI_PATH.</summary>
public static class PluginPath
{
    /// <summary>Splits CNI_PATH at ':'; empty parts are dropped.</summary>
    public static IReadOnlyList<string> Split(string? path) => (path ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The first regular file of this name; null if there is none.</summary>
    /// <exception cref="CniException">Code 7: a name with a '/' in it, which could lead anywhere.</exception>
    public static string? Find(string type, IReadOnlyList<string> directories)
    {
        if (type.Length == 0 || type.Contains('/') || type is "." or ".." || type.Contains('\0'))
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "a plugin's type is not a file name", type);
        }

        foreach (var directory in directories)
        {
            var path = Path.Join(directory, type);
            if (FileStat.TryGet(path, out var stat) && stat.IsRegularFile)
            {
                return path;
            }
        }

        return null;
    }
}
