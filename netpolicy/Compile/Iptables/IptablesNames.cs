using System.Security.Cryptography;
using System.Text;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Compile.Iptables;

/// <summary>
/// What chains and sets are called. The names are those that guides about iptables policies show, with a small letter in front of the hash, which no
/// other program's have: a chain has at most 28 characters, a set 31 bytes, and sets of both families share one name space.
/// </summary>
internal static class IptablesNames
{
    /// <summary>The chain that FORWARD leads to: who is policed, by address.</summary>
    public const string Root = "KUBE-NWPLCY";

    /// <summary>Where everything ends that is denied.</summary>
    public const string Deny = "KUBE-NWPLCY-DENY";

    /// <summary>In the table mangle: the resolver's answers that are looked at.</summary>
    public const string Answers = "KUBE-NWPLCY-DNS";

    private const string ClassPrefix = "KUBE-NWPLCY-p";
    private const string PodPrefix = "KUBE-POD-FW-p";
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int HashLength = 15;

    /// <summary>The chain of a class, or of a port class in it, for packets of one direction of a connection.</summary>
    public static string Class(string name, bool isReply) => ClassPrefix + Hash(isReply ? name + "|reply" : name);

    /// <summary>The chain of a pod's address.</summary>
    public static string Pod(IpAddress address) => PodPrefix + Hash(address.ToString());

    /// <summary>The set of a class's set.</summary>
    public static string Set(IpFamily family, string name) => SetPrefix(family) + "-p" + Hash(name);

    /// <summary>The set of pods that are about to begin. The CNI plugin podwire-policy writes to it.</summary>
    public static string Pending(IpFamily family) => SetPrefix(family) + "-PENDING";

    /// <summary>True for a chain of ours.</summary>
    public static bool IsOurChain(string name) =>
        name is Root or Deny || name.StartsWith(ClassPrefix, StringComparison.Ordinal) || name.StartsWith(PodPrefix, StringComparison.Ordinal);

    /// <summary>True for a set of ours of a family.</summary>
    public static bool IsOurSet(IpFamily family, string name) =>
        name == Pending(family) || name.StartsWith(SetPrefix(family) + "-p", StringComparison.Ordinal);

    private static string SetPrefix(IpFamily family) => family == IpFamily.V4 ? "KUBE-NWPLCY4" : "KUBE-NWPLCY6";

    private static string Hash(string text)
    {
        // 75 of 256 bits: 15 digits of base 32.
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        var hash = new char[HashLength];
        for (var i = 0; i < HashLength; i++)
        {
            var bit = i * 5;
            var pair = (bytes[bit >> 3] << 8) | bytes[(bit >> 3) + 1];
            hash[i] = Digits[(pair >> (11 - (bit & 7))) & 31];
        }

        return new(hash);
    }
}
