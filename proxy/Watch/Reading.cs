using Podwire.Primitives;

namespace Podwire.Proxy.Watch;

/// <summary>Reads the fields of one object; what cannot be used is left out and noted, so that the rest is still served.</summary>
internal sealed class Reading
{
    private List<string>? problems;

    /// <summary>What was left out, and why.</summary>
    public IReadOnlyList<string> Problems => problems ?? (IReadOnlyList<string>)[];

    /// <summary>Notes what was left out.</summary>
    public void Skip(string problem) => (problems ??= []).Add(problem);

    /// <summary>Nothing of the object is used, so that nothing of it is a problem.</summary>
    public void Forget() => problems = null;

    /// <summary>The usable addresses of a field.</summary>
    public IpAddress[] Addresses(string field, List<string> texts)
    {
        if (texts.Count == 0)
        {
            return [];
        }

        var addresses = new List<IpAddress>(texts.Count);
        foreach (var text in texts)
        {
            if (!IpAddress.TryParse(text, out var address))
            {
                Skip($"{field}: '{text}' is not an IP address");
            }
            else if (address.IsUnspecified || address.IsLoopback || address.IsMulticast)
            {
                Skip($"{field}: {address} cannot be a Service's address");
            }
            else if (!addresses.Contains(address))
            {
                addresses.Add(address);
            }
        }

        return [.. addresses];
    }

    /// <summary>The port; 0 if it cannot be used.</summary>
    public ushort Port(ReadingField item, string field, int? number)
    {
        if (number is >= 1 and <= 65535)
        {
            return (ushort)number;
        }

        Skip($"{item}.{field}: {number?.ToString() ?? "none"} is not a port");
        return 0;
    }

    /// <summary>The protocol; null if it is none that can be served.</summary>
    public IpProtocol? Protocol(ReadingField field, string? text)
    {
        switch (text)
        {
            case null or "" or "TCP":
                return IpProtocol.Tcp;
            case "UDP":
                return IpProtocol.Udp;
            case "SCTP":
                return IpProtocol.Sctp;
            default:
                Skip($"{field}: protocol '{text}' is not TCP, UDP or SCTP");
                return null;
        }
    }
}
