using System.Text;

namespace Podwire.Cni;

/// <summary>FNV-1a, 64 bits (draft-eastlake-fnv): names that are stable over processes and machines. Not for secrets.</summary>
public static class Fnv1a
{
    /// <summary>The hash of the UTF-8 bytes of a text.</summary>
    public static ulong Hash64(string text)
    {
        var hash = 0xcbf29ce484222325UL;
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * 0x100000001b3UL;
        }

        return hash;
    }
}
