using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;
using Podwire.Ruleset;
using Podwire.Ruleset.IpSets;

namespace Podwire.Netlink.IpSet;

/// <summary>
/// The kernel's sets of addresses and ports (ipset; linux/netfilter/ipset/ip_set.h, protocol 6, which every kernel since 2.6.39 speaks) in the network
/// namespace of the thread that opened the socket. It announces no changes. Needs CAP_NET_ADMIN there. Not safe for use by two threads at once.
/// </summary>
public sealed partial class IpSetSocket : IDisposable
{
    private readonly NetlinkSocket socket;
    private readonly Dictionary<(IpSetType, IpFamily), byte> revisions = [];

    private IpSetSocket(NetlinkSocket socket) => this.socket = socket;

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    public static IpSetSocket Open() => new(NetlinkSocket.Open(NetlinkProtocol.Netfilter));

    /// <summary>Opens a socket in a namespace; it may then be used from any thread.</summary>
    public static IpSetSocket Open(NetNamespace target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target.Run(Open);
    }

    /// <summary>The newest protocol version that the kernel speaks; null where it has no ipset.</summary>
    public byte? GetProtocol()
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        IpSetMessage.Begin(ref writer, IpSetNumbers.IPSET_CMD_PROTOCOL, NetlinkFlags.None, null);
        writer.EndMessage();
        try
        {
            return socket.TryGet(writer.Written, "get ipset protocol", (in NetlinkMessage message, out byte version) =>
            {
                version = 0;
                var attributes = message.Attributes(NfGenMessage.Size);
                while (attributes.Read())
                {
                    version = attributes.Type == IpSetNumbers.IPSET_ATTR_PROTOCOL ? attributes.Byte() : version;
                }

                return version != 0;
            }, out var protocol) ? protocol : null;
        }
        catch (NetlinkException e) when (e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            // nfnetlink's answer for a subsystem that nobody registered.
            return null;
        }
    }

    /// <summary>True if the kernel has the type (and loads its module now if that is to be had).</summary>
    public bool Supports(IpSetType type, IpFamily family = IpFamily.V4) => RevisionOf(type, family) is not null;

    /// <summary>Makes a set, or finds one of the same type there, whose entries stay.</summary>
    /// <exception cref="NetlinkException">A set of that name and another type exists (EEXIST), or the kernel lacks the type.</exception>
    public void Create(IpSetSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        IpSetMessage.CheckName(spec.Name);
        var revision = RevisionOf(spec.Type, spec.Family) ?? throw new NetlinkException($"create ipset {spec}", Errno.EOPNOTSUPP, "the kernel has no such set type");
        var writer = new NetlinkWriter(stackalloc byte[256]);
        IpSetMessage.EncodeCreate(ref writer, spec, revision, NetlinkFlags.Create);
        Execute(writer.Written, "create ipset", spec);
    }

    /// <summary>Destroys a set; false if there is none.</summary>
    /// <exception cref="NetlinkException">It is in use by a rule.</exception>
    public bool Destroy(string name) => WithName(IpSetNumbers.IPSET_CMD_DESTROY, name, "destroy ipset");

    /// <summary>Removes all entries of a set; false if there is no such set.</summary>
    public bool Flush(string name) => WithName(IpSetNumbers.IPSET_CMD_FLUSH, name, "flush ipset");

    /// <summary>Exchanges the contents of two sets of one type, in one step for every packet.</summary>
    public void Swap(string first, string second) => Pair(IpSetNumbers.IPSET_CMD_SWAP, first, second, "swap ipsets");

    /// <summary>Gives a set that no rule uses another name.</summary>
    public void Rename(string from, string to) => Pair(IpSetNumbers.IPSET_CMD_RENAME, from, to, "rename ipset");

    /// <summary>True if the set has the entry (or a prefix that contains it).</summary>
    public bool Contains(IpSetSpec set, in IpSetEntry entry)
    {
        ArgumentNullException.ThrowIfNull(set);
        var writer = new NetlinkWriter(stackalloc byte[256]);
        IpSetMessage.EncodeEntry(ref writer, IpSetNumbers.IPSET_CMD_TEST, set, entry, NetlinkFlags.None);
        var errno = socket.TryExecute(writer.Written);
        return errno == Errno.None || ((int)errno == 4103 ? false : throw Explain(new($"test ipset {set.Name} {entry}", errno)));
    }

    /// <summary>Sends a batch.</summary>
    /// <returns>The refusals, each naming its set and entry; empty when all went well.</returns>
    public IReadOnlyList<NetlinkException> TryExecute(IpSetBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var failures = socket.TryExecute(batch.Requests);
        return failures.Count == 0 ? failures : [.. failures.Select(Explain)];
    }

    /// <summary>As <see cref="TryExecute"/>, throwing the first refusal.</summary>
    /// <exception cref="NetlinkException">The first refusal.</exception>
    public void Execute(IpSetBatch batch)
    {
        if (TryExecute(batch) is { Count: > 0 } failures)
        {
            throw failures[0];
        }
    }

    /// <summary>The sets with their entries, those of types that are served.</summary>
    public List<Ruleset.IpSets.IpSet> List() => List(null) ?? [];

    /// <summary>One set with its entries; null if there is none, or of a type that is not served.</summary>
    public Ruleset.IpSets.IpSet? Get(string name)
    {
        IpSetMessage.CheckName(name);
        return List(name)?.Find(set => set.Spec.Name == name);
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => socket.Dispose();

    private static NetlinkException Explain(NetlinkException e) => IpSetMessage.Describe(e.Errno) is { } text && e.KernelText is null
        ? new(e.Operation, e.Errno, text, e.AttributeOffset, e.AttributeType, e.MissingAttribute, e.Sequence)
        : e;

    private byte? RevisionOf(IpSetType type, IpFamily family)
    {
        if (revisions.TryGetValue((type, family), out var known))
        {
            return known;
        }

        var writer = new NetlinkWriter(stackalloc byte[128]);
        IpSetMessage.EncodeType(ref writer, type, family);
        try
        {
            if (!socket.TryGet<byte>(writer.Written, "get ipset type", IpSetMessage.TryDecodeRevision, out var revision, type.Name()))
            {
                return null;
            }

            revisions[(type, family)] = revision;
            return revision;
        }
        catch (NetlinkException e) when (e.Errno is Errno.EEXIST or Errno.EINVAL or Errno.EOPNOTSUPP || IpSetMessage.Describe(e.Errno) is not null)
        {
            return null;
        }
    }

    private List<Ruleset.IpSets.IpSet>? List(string? name)
    {
        var writer = new NetlinkWriter(stackalloc byte[128]);
        IpSetMessage.EncodeList(ref writer, name);
        var sets = new Dictionary<string, (IpSetSpec Spec, uint References, List<IpSetEntry> Entries)>(StringComparer.Ordinal);
        List<IpSetPart> parts;
        try
        {
            var types = new Dictionary<string, IpSetType>(StringComparer.Ordinal);
            parts = socket.Dump<IpSetPart>(writer.Written, "list ipsets", (in NetlinkMessage message, [MaybeNullWhen(false)] out IpSetPart part) =>
            {
                part = IpSetMessage.DecodePart(message, set => types.TryGetValue(set, out var type) ? type : null)!;
                if (part?.Spec is { } spec)
                {
                    types[spec.Name] = spec.Type;
                }

                return part is not null;
            });
        }
        catch (NetlinkException e) when (name is not null && e.Errno == Errno.ENOENT)
        {
            return null;
        }

        foreach (var part in parts)
        {
            if (part.Spec is not null)
            {
                sets[part.Name] = (part.Spec, part.References, []);
            }

            if (sets.TryGetValue(part.Name, out var set))
            {
                set.Entries.AddRange(part.Entries);
            }
        }

        return [.. sets.Values.Select(static set => new Ruleset.IpSets.IpSet(set.Spec, ValueList.From(set.Entries)) { References = set.References })];
    }

    private bool WithName(int command, string name, string operation)
    {
        IpSetMessage.CheckName(name);
        var writer = new NetlinkWriter(stackalloc byte[128]);
        // Without NLM_F_EXCL newer kernels answer that all is well where there is no such set.
        IpSetMessage.Begin(ref writer, command, NetlinkFlags.Exclusive, name);
        writer.EndMessage();
        try
        {
            Execute(writer.Written, operation, name);
            return true;
        }
        catch (NetlinkException e) when (e.Errno == Errno.ENOENT)
        {
            return false;
        }
    }

    private void Pair(int command, string from, string to, string operation)
    {
        IpSetMessage.CheckName(from);
        IpSetMessage.CheckName(to);
        var writer = new NetlinkWriter(stackalloc byte[128]);
        IpSetMessage.EncodePair(ref writer, command, from, to);
        Execute(writer.Written, operation, $"{from} {to}");
    }

    private void Execute(Span<byte> message, string operation, object subject)
    {
        try
        {
            socket.Execute(message, operation, subject);
        }
        catch (NetlinkException e) when (IpSetMessage.Describe(e.Errno) is not null)
        {
            throw Explain(e);
        }
    }
}
