using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Namespaces;

namespace Podwire.Netlink.Generic;

/// <summary>
/// A generic netlink socket with the controller's requests (genl-ctrl; linux/genetlink.h): which families there are and which number each has.
/// What a family understands is its own file's business. Not safe for use by two threads at once.
/// </summary>
public sealed class GenericSocket : IDisposable
{
    private GenericSocket(NetlinkSocket socket) => Socket = socket;

    /// <summary>The socket below, for the families' requests.</summary>
    public NetlinkSocket Socket { get; }

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    public static GenericSocket Open() => new(NetlinkSocket.Open(NetlinkProtocol.Generic));

    /// <summary>Opens a socket in a namespace; it may then be used from any thread.</summary>
    public static GenericSocket Open(NetNamespace target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target.Run(Open);
    }

    /// <summary>The family of a name; false if no module registered it. The kernel may load a module for it first.</summary>
    public bool TryGetFamily(string name, [MaybeNullWhen(false)] out GenericFamily family)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var writer = new NetlinkWriter(stackalloc byte[128]);
        try
        {
            GenericFamily.EncodeGet(ref writer, name);
            return Socket.TryGet(writer.Written, "get generic netlink family", GenericFamily.TryDecode, out family, name);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Every family that is registered.</summary>
    public List<GenericFamily> ListFamilies()
    {
        var writer = new NetlinkWriter(stackalloc byte[128]);
        try
        {
            GenericFamily.EncodeGet(ref writer, null);
            return Socket.Dump<GenericFamily>(writer.Written, "list generic netlink families", GenericFamily.TryDecode);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Receives the announcements of a family's group from now on.</summary>
    /// <exception cref="ArgumentException">The family has no group of that name.</exception>
    public void Join(GenericFamily family, string group)
    {
        ArgumentNullException.ThrowIfNull(family);
        Socket.Join(family.Groups.TryGetValue(group, out var id) ? id : throw new ArgumentException($"generic netlink family {family.Name} has no group {group}", nameof(group)));
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => Socket.Dispose();
}
