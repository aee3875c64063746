using Podwire.Cni;

namespace Podwire.CniFlannel.Plugin;

/// <summary>
/// The delegates' configurations between ADD and DEL, one file per container, as flannel's plugin keeps them: a DEL must undo what
/// ADD did, also after the node got another subnet.
/// </summary>
internal sealed class DelegateStore(string directory)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Saves one; returns false if there was one already, which is replaced.</summary>
    public bool Save(string containerId, ReadOnlySpan<byte> json)
    {
        var path = PathOf(containerId);
        try
        {
            Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
            var isNew = !File.Exists(path);
            var temporary = $"{path}.{Environment.ProcessId}.tmp";
            using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
            {
                File.SetUnixFileMode(file, OwnerOnly);
                RandomAccess.Write(file, json, 0);
            }

            File.Move(temporary, path, overwrite: true);
            return isNew;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"cannot write {path}", e.Message);
        }
    }

    /// <summary>Reads one; null if there is none, or if it is no configuration (a crash may have cut it off).</summary>
    public NetworkConfig? Load(string containerId)
    {
        try
        {
            return NetworkConfig.Parse(File.ReadAllBytes(PathOf(containerId)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or CniException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CniException(CniErrorCode.IoFailure, $"cannot read {PathOf(containerId)}", e.Message);
        }
    }

    /// <summary>Removes one, if it is there.</summary>
    public void Remove(string containerId)
    {
        if (Directory.Exists(directory))
        {
            File.Delete(PathOf(containerId));
        }
    }

    /// <summary>The containers that have one, of a network.</summary>
    public IEnumerable<string> Containers(string network)
    {
        if (!Directory.Exists(directory))
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateFiles(directory))
        {
            var name = Path.GetFileName(path);
            if (Load(name)?.Name == network)
            {
                yield return name;
            }
        }
    }

    // The specification's container IDs hold no slash and begin with a letter or digit; the caller has checked that.
    private string PathOf(string containerId) => Path.Combine(directory, containerId);
}
