using System.Globalization;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Domains;

/// <summary>
/// What a later process is to know of wildcards: nobody could be asked for it. One line for each address, «wildcard address milliseconds since 1970», in a file
/// that lasts as long as the kernel's rules do (/run).
/// </summary>
/// <param name="path">The file; empty for none.</param>
internal sealed class DomainFile(string path)
{
    /// <summary>What the file says; what cannot be read of it is left out.</summary>
    public List<(string Wildcard, IpAddress Address, DateTimeOffset Until)> Read()
    {
        var found = new List<(string, IpAddress, DateTimeOffset)>();
        try
        {
            foreach (var line in path.Length > 0 && File.Exists(path) ? File.ReadLines(path) : [])
            {
                if (line.Split(' ') is [var wildcard, var text, var time] && DomainWildcard.IsValid(wildcard) && IpAddress.TryParse(text, out var address)
                    && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds < DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
                {
                    found.Add((wildcard, address, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then nothing is known, as after the first start.
        }

        return found;
    }

    /// <summary>Writes it anew, as a whole or not at all. What was wrong, or null.</summary>
    public string? Write(IEnumerable<(string Wildcard, IpAddress Address, DateTimeOffset Until)> all)
    {
        if (path.Length == 0)
        {
            return null;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var writer = new StreamWriter(path + ".new"))
            {
                foreach (var (wildcard, address, until) in all)
                {
                    writer.Write($"{wildcard} {address} {until.ToUnixTimeMilliseconds()}\n");
                }
            }

            File.Move(path + ".new", path, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
