namespace Podwire.Primitives;

/// <summary>The address family; the values are those of <c>AF_INET</c> and <c>AF_INET6</c> (linux/socket.h).</summary>
public enum IpFamily : byte
{
    /// <summary>IPv4, <c>AF_INET</c>.</summary>
    V4 = 2,

    /// <summary>IPv6, <c>AF_INET6</c>.</summary>
    V6 = 10,
}
