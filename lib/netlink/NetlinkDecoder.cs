using System.Diagnostics.CodeAnalysis;

namespace Podwire.Netlink;

/// <summary>Makes an object of a message; false for a message that is not wanted.</summary>
public delegate bool NetlinkDecoder<T>(in NetlinkMessage message, [MaybeNullWhen(false)] out T item);
