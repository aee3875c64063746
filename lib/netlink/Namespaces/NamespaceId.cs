namespace Podwire.Netlink.Namespaces;

/// <summary>What tells one kernel namespace from another: the device and inode of its file (namespaces(7)).</summary>
/// <param name="Device">The device of nsfs.</param>
/// <param name="Inode">The inode, which <c>readlink /proc/self/ns/net</c> shows.</param>
public readonly record struct NamespaceId(ulong Device, ulong Inode);
