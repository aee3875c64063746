using Podwire.Iptables;
using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;

namespace Podwire.Proxy.Apply.Iptables;

/// <summary>Reads chains back from iptables.</summary>
internal static class IptablesListings
{
    /// <summary>Every chain with its rules.</summary>
    /// <exception cref="IptablesException">iptables-save failed, or its text cannot be read.</exception>
    public static IptablesListing List(this IptablesPrograms programs, IpFamily family)
    {
        try
        {
            return IptablesReader.Read(programs.Save(family));
        }
        catch (FormatException e)
        {
            throw new IptablesException(e.Message);
        }
    }
}
