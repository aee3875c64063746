using Podwire.Netlink.Interop;
using Podwire.Ruleset.IpSets;

namespace Podwire.Netlink.IpSet;

/// <summary>Changes of entries that are sent together. No transaction: those behind a refused one are carried out. To replace a whole set at once, fill another and swap.</summary>
public sealed class IpSetBatch
{
    /// <summary>How many changes it holds.</summary>
    public int Count => Requests.Count;

    internal NetlinkBatch Requests { get; } = new();

    /// <summary>Adds an entry, or finds it there.</summary>
    public void Add(IpSetSpec set, in IpSetEntry entry) => Entry(set, entry, IpSetNumbers.IPSET_CMD_ADD, "add");

    /// <summary>Deletes an entry, or finds it gone.</summary>
    public void Delete(IpSetSpec set, in IpSetEntry entry) => Entry(set, entry, IpSetNumbers.IPSET_CMD_DEL, "delete");

    private void Entry(IpSetSpec set, in IpSetEntry entry, int command, string verb)
    {
        ArgumentNullException.ThrowIfNull(set);
        var writer = new NetlinkWriter(stackalloc byte[256]);
        try
        {
            // Without NLM_F_EXCL what is so already is no error.
            IpSetMessage.EncodeEntry(ref writer, command, set, entry, NetlinkFlags.None);
            Requests.Add(writer.Written, verb == "add" ? "add to ipset" : "delete from ipset", new Subject(set.Name, entry));
        }
        finally
        {
            writer.Dispose();
        }
    }

    private sealed record Subject(string Set, IpSetEntry Entry)
    {
        public override string ToString() => $"{Set} {Entry}";
    }
}
