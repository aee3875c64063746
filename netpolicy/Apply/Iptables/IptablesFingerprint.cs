using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Podwire.Iptables;
using Podwire.Netlink.IpSet;
using Podwire.NetPolicy.Compile.Iptables;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Apply.Iptables;

/// <summary>
/// A number that changes when others add or take away what nobody announces: entries of our sets, and rules of the legacy table. One dump of the
/// sets' headers, and one getsockopt(2) for each family. An entry exchanged for another is not seen: the whole listing finds that.
/// </summary>
internal sealed class IptablesFingerprint(PolicyKernel kernel, IptablesPrograms programs) : IDisposable
{
    // linux/netfilter_ipv4/ip_tables.h and ip6_tables.h: struct ipt_getinfo { char name[32]; __u32 valid_hooks, hook_entry[5], underflow[5], num_entries, size; }
    private const int GetInfo = 64;
    private const int InfoLength = 84;
    private const int EntriesOffset = 76;
    private const int SolIp = 0;
    private const int SolIpv6 = 41;
    private readonly IpSetSocket sets = kernel.In(IpSetSocket.Open);

    /// <summary>The number now. Any thread.</summary>
    public int Read()
    {
        lock (sets)
        {
            return Hash();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => sets.Dispose();

    private int Hash()
    {
        var hash = default(HashCode);
        foreach (var (name, elements, _) in sets.Count())
        {
            // Who is put aside is the plugin's matter too. Users of a set come and go some milliseconds behind a commit.
            foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
            {
                if (IptablesNames.IsOurSet(family, name) && name != IptablesNames.Pending(family))
                {
                    hash.Add(name, StringComparer.Ordinal);
                    hash.Add(elements);
                }
            }
        }

        foreach (var family in programs.IsLegacy ? (IpFamily[])[IpFamily.V4, IpFamily.V6] : [])
        {
            if (programs.Has(family))
            {
                hash.Add(LegacyRules(family));
            }
        }

        return hash.ToHashCode();
    }

    private ulong LegacyRules(IpFamily family)
    {
        Span<byte> info = stackalloc byte[InfoLength];
        info.Clear();
        Encoding.ASCII.GetBytes("filter", info);
        using var socket = kernel.In(() => new Socket(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));
        try
        {
            socket.GetRawSocketOption(family == IpFamily.V4 ? SolIp : SolIpv6, GetInfo, info);
        }
        catch (SocketException)
        {
            // No such table: somebody's change too, if there was one.
            return 0;
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(info[EntriesOffset..]);
    }
}
