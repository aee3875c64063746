using System.Buffers;

namespace Podwire.Cni;

/// <summary>The specification's rules for container IDs, network names and interface names.</summary>
public static class CniNames
{
    private static readonly SearchValues<char> IdentifierChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    // Networks and containers name files of leases and results; NAME_MAX of every Linux file system is 255.
    private const int MaxIdentifier = 255;

    /// <summary>An alphanumeric followed by alphanumerics, '_', '.' or '-', at most 255 of them: safe as a file name.</summary>
    public static bool IsIdentifier(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxIdentifier && char.IsAsciiLetterOrDigit(text[0]) && !text.ContainsAnyExcept(IdentifierChars);

    /// <summary>Checks CNI_CONTAINERID.</summary>
    /// <exception cref="CniException">Code 4.</exception>
    public static void CheckContainerId(string containerId)
    {
        if (!IsIdentifier(containerId))
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, "CNI_CONTAINERID has invalid characters or is too long", containerId);
        }
    }

    /// <summary>Checks a network's name.</summary>
    /// <exception cref="CniException">Code 7.</exception>
    public static void CheckNetworkName(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "the network configuration has no name");
        }

        if (!IsIdentifier(name))
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "the network's name has invalid characters or is too long", name);
        }
    }

    /// <summary>True for what Linux takes as an interface name (net/core/dev.c, dev_valid_name): 1 to 15 bytes, no '/', ':' or white space, neither "." nor "..".</summary>
    public static bool IsInterfaceName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name is "." or ".." || System.Text.Encoding.UTF8.GetByteCount(name) > 15)
        {
            return false;
        }

        foreach (var c in name)
        {
            if (c is '/' or ':' or '\0' || char.IsWhiteSpace(c))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Checks CNI_IFNAME.</summary>
    /// <exception cref="CniException">Code 4.</exception>
    public static void CheckIfName(string ifName)
    {
        if (!IsInterfaceName(ifName))
        {
            throw new CniException(CniErrorCode.InvalidEnvironment, "CNI_IFNAME is not an interface name: 1 to 15 bytes without '/', ':' or white space", ifName);
        }
    }
}
